import type { Turn } from "./conversation.ts";

/** What a queued turn waits behind. */
export type Blocker = "running" | "interrupted";

/** A conversation in two: what stands in it, and what waits its turn behind it. */
export interface Split {
  readonly said: readonly Turn[];
  readonly queued: readonly Turn[];
  readonly blocker: Blocker | undefined;
}

/** One object, so that who looks at what waits is not told of nothing. */
const NONE: readonly Turn[] = [];

/** Part what waits from what was said. With nothing ahead of it, the first that waits is about to run: it was said. */
export function splitQueue(turns: readonly Turn[]): Split {
  const blocker = blockerOf(turns);
  const first = blocker ? undefined : turns.find(isQueued);
  const queued = turns.filter((turn) => isQueued(turn) && turn !== first);
  if (queued.length === 0) return { said: turns, queued: NONE, blocker };
  return { said: turns.filter((turn) => !isQueued(turn) || turn === first), queued, blocker };
}

function isQueued(turn: Turn): boolean {
  return turn.status === "queued" && turn.parts.length === 0;
}

/** Only a turn that has begun can hold up others; one that was withdrawn never did. */
function blockerOf(turns: readonly Turn[]): Blocker | undefined {
  if (turns.some(({ status }) => status === "running")) return "running";
  return lastStarted(turns)?.status === "interrupted" ? "interrupted" : undefined;
}

/** The last turn that has begun. */
export function lastStarted(turns: readonly Turn[]): Turn | undefined {
  return turns.findLast(({ startedAt }) => startedAt !== undefined);
}
