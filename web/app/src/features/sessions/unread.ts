import { compareRevisions, isRevision, type Offset } from "@atrium/state-sync";
import { signal } from "@preact/signals-core";
import { isRecord } from "../../api/problem.ts";
import type { Text, Turn } from "./conversation.ts";

/** What has not been read of one session: since when, and telling the hub when it has been. */
export class Unread {
  /** How many answers were unread when the session was opened. */
  readonly count = signal(0);
  /** Up to where it was read then; `undefined` while that is not known, or when all of it was. */
  readonly since = signal<Offset | undefined>(undefined);
  readonly #tell: (offset: Offset) => Promise<void>;
  #isLearnt = false;
  #isUnread = false;
  #told: Offset | undefined;

  constructor(tell: (offset: Offset) => Promise<void>) {
    this.#tell = tell;
  }

  /** Learn what the hub says of the session; only the first time counts for where the new part begins. */
  learn(session: unknown): void {
    if (!isRecord(session)) return;
    const { unread, readOffset } = session;
    this.#isUnread = typeof unread === "number" && unread > 0;
    if (this.#isLearnt) return;
    this.#isLearnt = true;
    if (!this.#isUnread || !isRevision(readOffset)) return;
    this.count.value = Number(unread);
    this.since.value = readOffset;
  }

  /** The first turn with an unread answer. */
  firstOf(turns: readonly Turn[]): string | undefined {
    const since = this.since.value;
    if (since === undefined) return undefined;
    let first: string | undefined;
    for (const turn of turns.toReversed()) {
      const at = lastAnswerOf(turn);
      if (at !== undefined && compareRevisions(at, since) <= 0) break;
      if (at !== undefined) first = turn.id;
    }
    return first;
  }

  /** Tell the hub that everything was seen; a failure is no harm, the next answer tells again. */
  seen(turns: readonly Turn[]): void {
    const last = turns.findLast((turn) => lastAnswerOf(turn) !== undefined);
    const offset = last && lastAnswerOf(last);
    if (!this.#isUnread || offset === undefined || offset === this.#told) return;
    this.#told = offset;
    this.#tell(offset).catch(() => {
      this.#told = undefined;
    });
  }
}

function lastAnswerOf(turn: Turn): Offset | undefined {
  return turn.parts.findLast((part): part is Text => part.kind === "message" && part.offset !== undefined)
    ?.offset;
}
