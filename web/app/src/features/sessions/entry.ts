import { isRevision, type StreamEntry } from "@atrium/state-sync";
import { isRecord } from "../../api/problem.ts";

/** One entry of a session's stream, as far as the page reads it. `kind` is its type without the plugin and the version. */
export interface Entry extends StreamEntry {
  readonly kind: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const TYPE = /^sessions\.(.+)\.v\d+$/;

/** Read an entry from the wire; `undefined` when it is not one. */
export function readEntry(value: unknown): Entry | undefined {
  if (!isRecord(value)) return undefined;
  const { offset, prev, type, time, data } = value;
  if (!isRevision(offset) || !isRevision(prev) || typeof type !== "string") return undefined;
  return {
    type,
    kind: TYPE.exec(type)?.[1] ?? type,
    offset,
    prev,
    time: typeof time === "string" ? time : "",
    data: isRecord(data) ? data : {},
  };
}

/** Whether an entry is a hint, which may be missing from a replay and which no `prev` names. */
export function isHint(entry: Entry): boolean {
  return entry.kind.endsWith(".delta");
}
