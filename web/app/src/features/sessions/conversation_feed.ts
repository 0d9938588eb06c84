import { createStreamFollower, type StreamFollower, type StreamGap } from "@atrium/state-sync";
import { batch, effect, signal } from "@preact/signals-core";
import { ApiProblem, type Problem, problemOf } from "../../api/problem.ts";
import type { HubConnection, StreamListener } from "../../connection/connection.ts";
import { type Conversation, EMPTY_CONVERSATION } from "./conversation.ts";
import type { ConversationHistory } from "./conversation_history.ts";
import { type Entry, readEntry } from "./entry.ts";
import { fold } from "./fold.ts";

/** Where a feed stands. `waiting`: the history could not be read yet and is tried again. */
export type FeedPhase = "loading" | "waiting" | "ready" | "gone";

const RETRY_MS = 3_000;

/** Runs a function before the next picture; entries that arrive until then are folded together. */
export type Schedule = (run: () => void) => void;

/**
 * Keeps the conversation of one session folded up to the last entry: the end of its history first, then what is new. What is
 * before is read when it is asked for.
 */
export class ConversationFeed implements StreamListener {
  readonly conversation = signal(EMPTY_CONVERSATION);
  readonly phase = signal<FeedPhase>("loading");
  readonly problem = signal<Problem | undefined>(undefined);
  /** Whether there are messages before those that were read, and whether they are being read. */
  readonly hasEarlier = signal(false);
  readonly isReadingEarlier = signal(false);
  readonly earlierProblem = signal<Problem | undefined>(undefined);
  readonly #sessionId: string;
  readonly #history: ConversationHistory;
  readonly #connection: HubConnection;
  readonly #schedule: Schedule;
  #abort = new AbortController();
  #unwatch: (() => void) | undefined;
  #unfollow: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #arrived: Entry[] = [];
  #reading: Promise<void> | undefined;
  readonly #follower: StreamFollower;
  #lastGap: string | undefined;

  constructor(
    sessionId: string,
    history: ConversationHistory,
    connection: HubConnection,
    schedule: Schedule,
  ) {
    this.#sessionId = sessionId;
    this.#history = history;
    this.#connection = connection;
    this.#schedule = schedule;
    const take = (entry: Entry): void => this.#take(entry);
    this.#follower = createStreamFollower<Entry>({
      onEntry: take,
      onHint: take,
      onGap: (gap) => this.#missed(gap),
    });
  }

  /** Read the history, then follow the stream. */
  start(): void {
    this.#unwatch = effect(() => {
      const isLive = this.#connection.state.value.kind === "live";
      if (isLive && this.phase.peek() !== "ready") void this.#load();
    });
  }

  /** Read the page before what was read. Done when it is there, or `earlierProblem` says why not. */
  readEarlier(): Promise<void> {
    if (!this.hasEarlier.peek() || this.phase.peek() !== "ready") return Promise.resolve();
    this.#reading ??= this.#readEarlier();
    return this.#reading;
  }

  /** Read what is before, page by page, until `isEnough` or nothing is left. */
  async readBack(isEnough: () => boolean): Promise<void> {
    while (this.hasEarlier.peek() && !isEnough()) {
      await this.readEarlier();
      if (this.earlierProblem.peek() || this.#abort.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** End all of it. */
  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#retry);
    this.#unwatch?.();
    this.#unfollow?.();
  }

  /** Where the next subscription goes on. */
  cursor(): string {
    return this.#follower.resume();
  }

  /** Take an entry of the stream, unless it is known; what is missing before it is fetched. */
  received(value: Record<string, unknown>): void {
    const entry = readEntry(value);
    if (entry) this.#follower.accept(entry);
  }

  /** Begin again: the stream is not the one the cursor is of. */
  reset(): void {
    void this.#load();
  }

  /** Learn that the stream cannot be followed. */
  refused(problem: Problem): void {
    if (problem.status === 404) this.phase.value = "gone";
    else this.problem.value = problem;
  }

  #take(entry: Entry): void {
    this.#arrived.push(entry);
    if (this.#arrived.length === 1) this.#schedule(() => this.#flush());
  }

  #flush(): void {
    const arrived = this.#arrived.splice(0);
    if (this.#abort.signal.aborted || arrived.length === 0) return;
    this.#history.note(arrived);
    this.conversation.value = fold(this.conversation.peek(), arrived);
  }

  #missed(gap: StreamGap): void {
    const isNew = gap.reason === "missed" && gap.cursor !== this.#lastGap;
    this.#lastGap = gap.cursor;
    void (isNew ? this.#connection.rewindStream(this.#stream) : this.#load());
  }

  async #load(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#retry);
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const conversation = await this.#history.end(signal);
      if (!signal.aborted) this.#follow(conversation);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  async #readEarlier(): Promise<void> {
    const { signal } = this.#abort;
    this.isReadingEarlier.value = true;
    try {
      const page = await this.#history.page(signal);
      if (!signal.aborted) this.#show(this.#history.join(this.conversation.peek(), page));
      this.earlierProblem.value = undefined;
    } catch (error) {
      if (!signal.aborted) this.earlierProblem.value = problemOf(error);
    }
    this.isReadingEarlier.value = false;
    this.#reading = undefined;
  }

  #show(conversation: Conversation): void {
    batch(() => {
      this.conversation.value = conversation;
      this.hasEarlier.value = this.#history.hasEarlier;
    });
  }

  #follow(conversation: Conversation): void {
    this.#arrived = [];
    this.#lastGap = undefined;
    this.earlierProblem.value = undefined;
    this.#show(conversation);
    this.#follower.reset(conversation.cursor);
    this.problem.value = undefined;
    this.phase.value = "ready";
    this.#unfollow?.();
    this.#unfollow = this.#connection.followStream(this.#stream, this);
  }

  #failed(error: unknown): void {
    if (error instanceof ApiProblem && error.problem.status === 404) {
      this.phase.value = "gone";
      return;
    }
    this.problem.value = problemOf(error);
    if (this.phase.peek() !== "ready") this.phase.value = "waiting";
    const isLive = this.#connection.state.peek().kind === "live";
    if (isLive) this.#retry = setTimeout(() => void this.#load(), RETRY_MS);
  }

  get #stream(): string {
    return `sessions/${this.#sessionId}`;
  }
}
