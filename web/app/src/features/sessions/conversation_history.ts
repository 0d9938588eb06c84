import { getHistory } from "../../api/history.ts";
import { getSession, type Session } from "../../api/sessions.ts";
import { type Conversation, EMPTY_CONVERSATION } from "./conversation.ts";
import { type Entry, readEntry } from "./entry.ts";
import { fold } from "./fold.ts";

/** A session of no more messages is read at once: that is as fast as reading its end. */
const FEW_MESSAGES = 400;
const TAIL_MESSAGES = 120;
const ENOUGH_TURNS = 20;
const WIDER = 4;
const BATCH = 1_000;

/** Reads the history of one session. */
export class ConversationHistory {
  readonly #sessionId: string;
  readonly #known: () => Session | undefined;

  constructor(sessionId: string, known: () => Session | undefined) {
    this.#sessionId = sessionId;
    this.#known = known;
  }

  /**
   * Read the end of a long session; `undefined` when it is short.
   *
   * An offset is a time in microseconds, so a reader can go back by time; how far is guessed from how fast the session grew.
   */
  async tail(signal: AbortSignal): Promise<Conversation | undefined> {
    const session = this.#known() ?? (await getSession(this.#sessionId, signal));
    if (session.messageCount <= FEW_MESSAGES) return undefined;
    const end = Date.parse(session.updatedAt);
    const span = end - Date.parse(session.createdAt);
    for (let back = (span * TAIL_MESSAGES) / session.messageCount; back < span / 2; back *= WIDER) {
      const after = `${Math.max(0, Math.floor(end - back))}000`;
      const conversation = withoutBeginning(fold(EMPTY_CONVERSATION, await this.#entries(signal, after)));
      if (conversation.turns.length >= ENOUGH_TURNS) return conversation;
    }
    return undefined;
  }

  /** Read all of it, a piece at a time, so that the page can be scrolled meanwhile. */
  async whole(signal: AbortSignal): Promise<Conversation> {
    const entries = await this.#entries(signal);
    let conversation = EMPTY_CONVERSATION;
    for (let from = 0; from < entries.length; from += BATCH) {
      if (from > 0) await breath(signal);
      conversation = fold(conversation, entries.slice(from, from + BATCH));
    }
    return conversation;
  }

  async #entries(signal: AbortSignal, after = "0"): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const values of getHistory(this.#sessionId, signal, after)) {
      for (const value of values) {
        const entry = readEntry(value);
        if (entry) entries.push(entry);
      }
    }
    return entries;
  }
}

/** The first turns of a tail may have begun before it: their messages are missing. */
function withoutBeginning(conversation: Conversation): Conversation {
  const first = conversation.turns.findIndex((turn) => turn.message !== undefined);
  return { ...conversation, turns: first < 0 ? [] : conversation.turns.slice(first) };
}

function breath(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal.aborted ? reject(signal.reason) : resolve()));
  });
}
