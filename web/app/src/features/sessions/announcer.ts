import type { Turn } from "./conversation.ts";
import { sessionWords } from "./words.ts";

/** Says for screen readers how turns go on: when an answer begins and how it ends, never its words as they come. */
export class Announcer {
  #known: string | undefined;
  #said = "";

  /** What to say, given the turns as they are now; what was there at first is not news. */
  words(turns: readonly Turn[], agent: string): string {
    const turn = turns.findLast(({ status }) => status !== "queued");
    const state = turn ? `${turn.id} ${turn.status}` : "";
    if (this.#known === undefined) this.#known = state;
    if (state === this.#known || !turn) return this.#said;
    this.#known = state;
    this.#said = wordsOf(turn, agent);
    return this.#said;
  }
}

function wordsOf(turn: Turn, agent: string): string {
  const words = sessionWords();
  switch (turn.status) {
    case "running":
      return words.heardAnswering(agent);
    case "completed":
      return words.heardDone(agent);
    case "failed":
      return words.turnFailed;
    case "cancelled":
      return words.cancelled;
    case "interrupted":
      return words.interrupted;
    case "queued":
      return "";
  }
}
