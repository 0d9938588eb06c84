import type { InvalidationEvent, SnapshotEnvelope, Topic } from "./messages";
import type { Revision } from "./revision";

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** Delivers invalidation events. */
export interface InvalidationSubscriber {
  /**
   * Resolve once events will reach the handler. The handler never throws and takes untrusted payloads as they are:
   * the engine validates.
   */
  subscribe(handler: (event: InvalidationEvent) => void): Promise<Unsubscribe>;
}

/** Reads the source of truth. */
export interface SnapshotProvider<T> {
  /** Resolve to the topic's data with the revision it was read at. */
  getSnapshot(): Promise<SnapshotEnvelope<T>>;
}

/** Puts snapshots where the application keeps its state. */
export interface SnapshotApplier<T> {
  /** Replace the state by the snapshot's. Calls never overlap. Must not wait for `refresh()` or `start()`. */
  apply(snapshot: SnapshotEnvelope<T>): void | Promise<void>;
}

/** Takes the engine's trace. `console` is one. */
export interface Logger {
  debug(msg: string, extra?: unknown): void;
  warn(msg: string, extra?: unknown): void;
  error(msg: string, extra?: unknown): void;
}

/** Where a failure happened. */
export type SyncPhase =
  | "start"
  | "subscribe"
  | "invalidation"
  | "refresh"
  | "getSnapshot"
  | "apply"
  | "protocol";

/**
 * One failure. The engine names the most specific phase and reports a failure once: `subscribe`, `invalidation` (the
 * `shouldRefresh` filter), `getSnapshot`, `protocol`, `apply`; `start` and `refresh` are there for code around it.
 */
export type SyncErrorContext = {
  phase: SyncPhase;
  topic?: Topic;
  error: unknown;
  /** The raw payload, where there is one. */
  sourceEvent?: unknown;
  /** Under a retry policy: which attempt failed, from 1. */
  attempt?: number;
  willRetry?: boolean;
  nextDelayMs?: number;
};

/** Hears of failures. */
export type OnError = (context: SyncErrorContext) => void;

/** What `createRevisionSync` takes. */
export type RevisionSyncOptions<T> = {
  topic: Topic;
  subscriber: InvalidationSubscriber;
  provider: SnapshotProvider<T>;
  applier: SnapshotApplier<T>;
  /** Sees each valid, newer invalidation of the topic and may decline it; a filter that throws declines nothing. */
  shouldRefresh?: (event: InvalidationEvent) => boolean;
  /** Silent by default. */
  logger?: Logger;
  onError?: OnError;
};

/** Keeps one topic's local state equal to its source. */
export interface RevisionSync {
  /**
   * Subscribe, then refresh; resolve when both are done. Rejects, with nothing left subscribed, when either fails. A call
   * during or after a start joins it; a `stop()` in the meantime resolves it; after `stop()` it starts anew.
   */
  start(): Promise<void>;
  /** Unsubscribe and discard what is in flight: `apply` is not called from here on. Idempotent. */
  stop(): void;
  /**
   * Fetch a snapshot and apply it if it is newer; join the refresh in flight if there is one. Rejects when that fails; the
   * subscription lives on. May be called before `start()` for a single pull; does nothing after `stop()`.
   */
  refresh(): Promise<void>;
  /** The revision last applied; `"0"` while nothing has been. It survives `stop()`. */
  getLocalRevision(): Revision;
}
