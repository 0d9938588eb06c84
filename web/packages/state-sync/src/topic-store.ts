import { createRevisionSync } from "./engine";
import { type RetryPolicy, retryDelayMs } from "./policies";
import type { RevisionSync, RevisionSyncOptions, SyncErrorContext, Unsubscribe } from "./ports";
import { type Revision, ZERO_REVISION } from "./revision";

/** What is known of a topic. A new object for each change, the same one in between. */
export type TopicState<T> = {
  /** The data last applied; undefined while there is none. */
  readonly data: T | undefined;
  /** The revision of the data; `"0"` while there is none. */
  readonly revision: Revision;
  /** The newest failure, until something works again. The data stays what it was. */
  readonly error: SyncErrorContext | undefined;
};

/** What `createTopicStore` takes. */
export type TopicStoreOptions<T> = Omit<RevisionSyncOptions<T>, "applier"> & {
  /** The waits between attempts to start: 100 ms, 200 ms, ... up to 2 s by default, with jitter, for as long as it takes. */
  retry?: Pick<RetryPolicy, "baseDelayMs" | "maxDelayMs">;
  /** Calls back once, after so many milliseconds; returns what prevents it. */
  timer?: (ms: number, callback: () => void) => Unsubscribe;
  /** A number in [0, 1). */
  random?: () => number;
};

/** A topic as a store for user interfaces: in sync while anybody listens, at rest otherwise. */
export interface TopicStore<T> {
  /** What is known now. */
  getState(): TopicState<T>;
  /** Hear of each change; the first listener starts the sync, the end of the last one stops it. */
  subscribe(listener: () => void): Unsubscribe;
  /** Ask for a snapshot now; failures are in the state. */
  refresh(): Promise<void>;
}

/** Make the store of a topic; nothing happens before the first listener. */
export function createTopicStore<T>(options: TopicStoreOptions<T>): TopicStore<T> {
  const store = new Store(options);
  return {
    getState: () => store.state,
    subscribe: (listener) => store.subscribe(listener),
    refresh: () => store.refresh(),
  };
}

class Store<T> {
  state: TopicState<T> = { data: undefined, revision: ZERO_REVISION, error: undefined };
  private readonly listeners = new Set<{ listener: () => void }>();
  private readonly sync: RevisionSync;
  private failures = 0;
  private run = 0;
  private cancelRetry: Unsubscribe = () => undefined;

  constructor(private readonly options: TopicStoreOptions<T>) {
    this.sync = createRevisionSync<T>({
      ...options,
      applier: { apply: ({ data, revision }) => this.change({ data, revision, error: undefined }) },
      onError: (error) => {
        this.change({ ...this.state, error });
        options.onError?.(error);
      },
    });
  }

  subscribe(listener: () => void): Unsubscribe {
    const entry = { listener };
    this.listeners.add(entry);
    if (this.listeners.size === 1) this.begin();
    return () => {
      if (this.listeners.delete(entry) && this.listeners.size === 0) this.end();
    };
  }

  async refresh(): Promise<void> {
    await this.sync.refresh().then(
      () => this.recover(),
      () => undefined, // `onError` has put it into the state
    );
  }

  private begin(): void {
    this.run += 1;
    this.failures = 0;
    this.start(this.run);
  }

  private end(): void {
    this.run += 1;
    this.cancelRetry();
    this.sync.stop();
  }

  private start(run: number): void {
    this.sync.start().then(
      () => this.started(run),
      () => this.tryLater(run),
    );
  }

  private started(run: number): void {
    if (run === this.run) this.recover();
  }

  /** A refresh may succeed and find nothing newer: then the error is over all the same. */
  private recover(): void {
    this.failures = 0;
    if (this.state.error) this.change({ ...this.state, error: undefined });
  }

  private tryLater(run: number): void {
    if (run !== this.run) return;
    const { retry = {}, timer = later, random = Math.random } = this.options;
    this.failures += 1;
    this.cancelRetry = timer(retryDelayMs(retry, this.failures, random()), () => this.start(run));
  }

  private change(state: TopicState<T>): void {
    this.state = state;
    for (const { listener } of [...this.listeners]) listener();
  }
}

function later(ms: number, callback: () => void): Unsubscribe {
  const handle = setTimeout(callback, ms);
  return () => clearTimeout(handle);
}
