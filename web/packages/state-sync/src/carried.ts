import {
  type InvalidationEvent,
  parseEvent,
  parseObject,
  parseSnapshot,
  type SnapshotEnvelope,
  type Topic,
} from "./messages";
import type { SnapshotProvider } from "./ports";
import { compareRevisions, ZERO_REVISION } from "./revision";

/**
 * Snapshots that came with their events: what a transport that gets them gives before it asks for one.
 *
 * Of each topic the newest is kept until an event names a newer revision. An event stays a signal: a snapshot that is older
 * than it, or malformed, is not kept, and the provider is asked.
 */
export interface CarriedSnapshots {
  /** Look at an event, before those who follow its topic hear of it. */
  note(payload: unknown): void;
  /** Forget a topic that is followed no more; or all, because events may have been lost. */
  forget(topic?: Topic): void;
  /**
   * Return a provider that gives each snapshot of a topic that came once, and asks `provider` otherwise. All providers of a
   * topic give the same object: read its data, do not change it.
   */
  before<T>(topic: Topic, provider: SnapshotProvider<T>): SnapshotProvider<T>;
}

/** Make the place where a transport keeps the snapshots that came with events. */
export function createCarriedSnapshots(): CarriedSnapshots {
  const newest = new Map<Topic, SnapshotEnvelope<unknown>>();
  return {
    note(payload) {
      const event = read(() => parseEvent(payload));
      if (event)
        keep(
          newest,
          event,
          read(() => parseSnapshot(parseObject(payload, "an event").snapshot)),
        );
    },
    forget(topic) {
      if (topic === undefined) newest.clear();
      else newest.delete(topic);
    },
    before<T>(topic: Topic, provider: SnapshotProvider<T>): SnapshotProvider<T> {
      let given = ZERO_REVISION;
      return {
        async getSnapshot() {
          const snapshot = newest.get(topic);
          if (!snapshot || compareRevisions(snapshot.revision, given) <= 0) return provider.getSnapshot();
          given = snapshot.revision;
          return snapshot as SnapshotEnvelope<T>;
        },
      };
    },
  };
}

function keep(
  newest: Map<Topic, SnapshotEnvelope<unknown>>,
  { topic, revision }: InvalidationEvent,
  snapshot: SnapshotEnvelope<unknown> | undefined,
): void {
  const kept = newest.get(topic);
  if (snapshot && compareRevisions(snapshot.revision, revision) >= 0) {
    if (!kept || compareRevisions(snapshot.revision, kept.revision) > 0) newest.set(topic, snapshot);
  } else if (kept && compareRevisions(kept.revision, revision) < 0) {
    newest.delete(topic);
  }
}

/** Read what is untrusted; undefined when it is malformed: of an event the engine reports it, a snapshot is asked for. */
function read<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
