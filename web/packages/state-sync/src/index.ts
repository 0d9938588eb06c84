/**
 * State by invalidation and snapshot (`createRevisionSync`), history by replayable stream (`createStreamFollower`).
 *
 * @module
 */

export { type CarriedSnapshots, createCarriedSnapshots } from "./carried";
export { createRevisionSync } from "./engine";
export { ProtocolError, SnapshotTimeout, SyncError } from "./errors";
export {
  createStreamFollower,
  type Offset,
  type StreamEntry,
  type StreamFollower,
  type StreamFollowerOptions,
  type StreamGap,
  type Verdict,
} from "./follower";
export { createInMemoryHub, type InMemoryHub } from "./in-memory";
export {
  type InvalidationEvent,
  parseEvent,
  parseSnapshot,
  parseTopic,
  type SnapshotEnvelope,
  type Topic,
} from "./messages";
export {
  DEFAULT_RETRY_POLICY,
  type RetryEnvironment,
  type RetryPolicy,
  retryDelayMs,
  withRetry,
  withTimeout,
} from "./policies";
export type {
  InvalidationSubscriber,
  Logger,
  OnError,
  RevisionSync,
  RevisionSyncOptions,
  SnapshotApplier,
  SnapshotProvider,
  SyncErrorContext,
  SyncPhase,
  Unsubscribe,
} from "./ports";
export {
  compareRevisions,
  isRevision,
  MAX_REVISION,
  parseRevision,
  type Revision,
  ZERO_REVISION,
} from "./revision";
export { createTopicStore, type TopicState, type TopicStore, type TopicStoreOptions } from "./topic-store";
