import type { Approval, ShownAct } from "../../api/approvals.ts";
import { isRecord } from "../../api/problem.ts";

/** A file's text before and after. */
export interface Change {
  readonly path: string;
  readonly oldText: string;
  readonly newText: string;
}

/** The changes of files that an act would make, where it shows them. */
export function changesOf({ arguments: given }: ShownAct): readonly Change[] {
  const changes = Array.isArray(given.changes) ? given.changes.filter(isRecord) : [];
  return changes.map(({ path, oldText, newText }) => ({
    path: String(path ?? ""),
    oldText: String(oldText ?? ""),
    newText: String(newText ?? ""),
  }));
}

/** What else an act is given, as JSON; the command, the changes and the paths are shown by themselves. */
export function otherArguments(act: ShownAct): string {
  const hidden = new Set([
    ...(areChanges(act.arguments.changes) ? ["changes"] : []),
    ...(act.command === null ? [] : ["command", "cwd"]),
  ]);
  const rest = Object.entries(act.arguments).filter(
    ([name, value]) => !hidden.has(name) && !act.paths.includes(value as string),
  );
  return rest.length === 0 ? "" : JSON.stringify(Object.fromEntries(rest), undefined, 2);
}

/** Whether the changes are all there is to show of a value. */
function areChanges(value: unknown): boolean {
  const shown = ["path", "oldText", "newText"];
  const isChange = (one: unknown) => isRecord(one) && Object.keys(one).every((name) => shown.includes(name));
  return Array.isArray(value) && value.every(isChange);
}

/** The folder that holds everything the act touches, as a pattern for the session; `undefined` if there is none. */
export function folderPattern({ act }: Approval): string | undefined {
  const folders = act.paths.map((path) => path.split("/").slice(0, -1));
  const [first, ...others] = folders;
  if (!first) return undefined;
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && first[same] === other[same]) same++;
    length = same;
  }
  return length < 2 ? undefined : `${first.slice(0, length).join("/")}/**`;
}

/** Minutes and seconds until a moment, `4:05`; never below zero. */
export function timeLeft(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
