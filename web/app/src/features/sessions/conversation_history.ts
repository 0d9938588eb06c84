import { compareRevisions, ZERO_REVISION } from "@atrium/state-sync";
import { BEYOND_HEAD, getHistoryBefore } from "../../api/history.ts";
import { type Conversation, EMPTY_CONVERSATION, isOpen, type Turn } from "./conversation.ts";
import { type Entry, readEntry } from "./entry.ts";
import { fold } from "./fold.ts";

/** What fills a screen, with something to scroll. */
const ENOUGH_TURNS = 12;

/**
 * Reads the history of one session from its end backwards, a page at a time.
 *
 * A page can begin in the middle of a turn. The entries of a turn whose message was not read yet are kept aside, and folded once
 * more with the page that brings it.
 */
export class ConversationHistory {
  readonly #sessionId: string;
  #before = BEYOND_HEAD;
  #isBeginning = false;
  #loose: Map<string, Entry[]> = new Map();

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** Whether there is more before what was read. */
  get hasEarlier(): boolean {
    return !this.#isBeginning;
  }

  /** Read the end anew: enough to fill a screen, and all of what still runs. */
  async end(signal: AbortSignal): Promise<Conversation> {
    this.#before = BEYOND_HEAD;
    this.#isBeginning = false;
    this.#loose = new Map();
    let conversation = EMPTY_CONVERSATION;
    while (this.hasEarlier && !this.#isEnough(conversation)) {
      conversation = this.join(conversation, await this.page(signal));
    }
    return conversation;
  }

  /** Read the page before what was read. */
  async page(signal: AbortSignal): Promise<readonly Entry[]> {
    const values = await getHistoryBefore(this.#sessionId, this.#before, signal);
    signal.throwIfAborted();
    return values.map(readEntry).filter((entry) => entry !== undefined);
  }

  /** Put a page that was just read before a conversation. */
  join(conversation: Conversation, page: readonly Entry[]): Conversation {
    const [first] = page;
    this.#isBeginning = first === undefined || first.prev === "0";
    if (first) this.#before = first.offset;
    const entries = this.#withLoose(page);
    const older = fold(EMPTY_CONVERSATION, entries);
    const joined = new Set(older.turns.map(({ id }) => id));
    this.#keepLoose(older.turns, entries);
    return {
      ...conversation,
      turns: [...this.#shown(older.turns), ...conversation.turns.filter(({ id }) => !joined.has(id))],
      cursor: conversation.cursor === ZERO_REVISION ? older.cursor : conversation.cursor,
      clientTokens: new Set([...older.clientTokens, ...conversation.clientTokens]),
      ...titled(conversation.title ?? older.title),
      isStopped: older.isStopped || conversation.isStopped,
      isDeleted: older.isDeleted || conversation.isDeleted,
    };
  }

  /** Learn what has arrived since: some of it may belong to a turn that is kept aside. */
  note(entries: readonly Entry[]): void {
    if (this.#loose.size === 0) return;
    for (const entry of entries) this.#loose.get(turnIdOf(entry))?.push(entry);
  }

  #withLoose(page: readonly Entry[]): readonly Entry[] {
    const ids = new Set(page.map(turnIdOf));
    const loose = [...ids].flatMap((id) => this.#loose.get(id) ?? []);
    return loose.length === 0 ? page : [...page, ...loose.toSorted(byOffset)];
  }

  /** A turn without a message was either retried, or its message is in a page that was not read. */
  #keepLoose(turns: readonly Turn[], entries: readonly Entry[]): void {
    const missing = new Set(turns.filter(({ message }) => !message).map(({ id }) => id));
    for (const { id } of turns) this.#loose.delete(id);
    if (this.#isBeginning) this.#loose.clear();
    else for (const id of missing) this.#loose.set(id, []);
    for (const entry of entries) this.#loose.get(turnIdOf(entry))?.push(entry);
  }

  /** The turns at the top whose messages are missing are not shown yet, unless they still run. */
  #shown(turns: readonly Turn[]): readonly Turn[] {
    if (this.#isBeginning) return turns;
    const first = turns.findIndex((turn) => turn.message !== undefined || isOpen(turn));
    return first < 0 ? [] : turns.slice(first);
  }

  #isEnough({ turns }: Conversation): boolean {
    const isCut = (turn: Turn): boolean => isOpen(turn) && !turn.startedAt && this.#loose.has(turn.id);
    return turns.length >= ENOUGH_TURNS && !turns.some(isCut);
  }
}

function turnIdOf(entry: Entry): string {
  const { turnId } = entry.data;
  return typeof turnId === "string" ? turnId : "";
}

function byOffset(a: Entry, b: Entry): number {
  return compareRevisions(a.offset, b.offset);
}

function titled(title: string | undefined): Pick<Conversation, "title"> {
  return title === undefined ? {} : { title };
}
