import { createStreamFollower, type StreamFollower, type StreamGap } from "@atrium/state-sync";
import { effect, signal } from "@preact/signals-core";
import { getHistory } from "../../api/history.ts";
import { ApiProblem, type Problem, problemOf } from "../../api/problem.ts";
import type { HubConnection, StreamListener } from "../../connection/connection.ts";
import { EMPTY_CONVERSATION } from "./conversation.ts";
import { type Entry, readEntry } from "./entry.ts";
import { fold } from "./fold.ts";

/** Where a feed stands. `waiting`: the history could not be read yet and is tried again. */
export type FeedPhase = "loading" | "waiting" | "ready" | "gone";

const RETRY_MS = 3_000;

/** Runs a function before the next picture; entries that arrive until then are folded together. */
export type Schedule = (run: () => void) => void;

/** Keeps the conversation of one session folded up to the last entry: its history first, then what is new. */
export class ConversationFeed implements StreamListener {
  readonly conversation = signal(EMPTY_CONVERSATION);
  readonly phase = signal<FeedPhase>("loading");
  readonly problem = signal<Problem | undefined>(undefined);
  readonly #sessionId: string;
  readonly #connection: HubConnection;
  readonly #schedule: Schedule;
  #abort = new AbortController();
  #unwatch: (() => void) | undefined;
  #unfollow: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #arrived: Entry[] = [];
  readonly #follower: StreamFollower;
  #lastGap: string | undefined;

  constructor(sessionId: string, connection: HubConnection, schedule: Schedule) {
    this.#sessionId = sessionId;
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
      const entries = (await getHistory(this.#sessionId, signal)).map(readEntry).filter((entry) => !!entry);
      if (!signal.aborted) this.#follow(entries);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  #follow(entries: readonly Entry[]): void {
    this.#arrived = [];
    this.#lastGap = undefined;
    this.conversation.value = fold(EMPTY_CONVERSATION, entries);
    this.#follower.reset(this.conversation.value.cursor);
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
