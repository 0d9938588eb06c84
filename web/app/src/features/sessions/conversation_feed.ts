import { createStreamFollower, type StreamFollower, type StreamGap } from "@atrium/state-sync";
import { effect, signal } from "@preact/signals-core";
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
 * Keeps the conversation of one session folded up to the last entry: its history first, then what is new. Of a long history
 * the end comes first, so that it can be read at once.
 */
export class ConversationFeed implements StreamListener {
  readonly conversation = signal(EMPTY_CONVERSATION);
  readonly phase = signal<FeedPhase>("loading");
  readonly problem = signal<Problem | undefined>(undefined);
  readonly #sessionId: string;
  readonly #history: ConversationHistory;
  readonly #connection: HubConnection;
  readonly #schedule: Schedule;
  #abort = new AbortController();
  #unwatch: (() => void) | undefined;
  #unfollow: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #arrived: Entry[] = [];
  /** What has arrived since the end of the history was read, until all of the history is. */
  #sinceTail: Entry[] | undefined;
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
    this.#sinceTail?.push(...arrived);
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
    this.#sinceTail = undefined;
    const { signal } = this.#abort;
    try {
      const tail = await this.#history.tail(signal);
      if (signal.aborted) return;
      if (tail) this.#follow(tail);
      this.#sinceTail = tail && [];
      const whole = await this.#history.whole(signal);
      if (!signal.aborted) this.#complete(whole);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  #complete(whole: Conversation): void {
    const since = this.#sinceTail;
    this.#sinceTail = undefined;
    if (since) this.conversation.value = fold(whole, since);
    else this.#follow(whole);
  }

  #follow(conversation: Conversation): void {
    this.#arrived = [];
    this.#lastGap = undefined;
    this.conversation.value = conversation;
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
