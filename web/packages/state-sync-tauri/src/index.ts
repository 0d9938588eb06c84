/**
 * State sync between the windows of a Tauri app and its core, over `listen`, `emit` and `invoke`.
 *
 * @module
 */

import {
  type InvalidationEvent,
  type InvalidationSubscriber,
  parseSnapshot,
  type SnapshotEnvelope,
  type SnapshotProvider,
  type Topic,
  type Unsubscribe,
} from "@atrium/state-sync";

/** What is used of `@tauri-apps/api`: `listen` and `emit` of its `event` module, `invoke` of its `core` module. */
export interface TauriApi {
  listen(event: string, handler: (event: { readonly payload: unknown }) => void): Promise<Unsubscribe>;
  emit(event: string, payload: unknown): Promise<void>;
  invoke(command: string, args: Record<string, unknown>): Promise<unknown>;
}

/** The names both sides use. */
export type TauriNames = {
  /** The event of invalidations; `sync:invalidate` by default. */
  event?: string;
  /** The command that takes `{ topic }` and returns `{ revision, data }`; `sync_snapshot` by default. */
  command?: string;
};

/** A window's side of the sync. */
export interface TauriSync {
  /** Every event of every topic. */
  subscriber(): InvalidationSubscriber;
  /** The snapshot side of a topic; rejects with what the command rejects with. */
  provider<T>(topic: Topic): SnapshotProvider<T>;
  /** Tell every window, this one too, that a topic has changed: for topics whose source is a window. */
  announce(event: InvalidationEvent): Promise<void>;
}

/** Make a window's side. */
export function createTauriSync(api: TauriApi, names: TauriNames = {}): TauriSync {
  const { event = "sync:invalidate", command = "sync_snapshot" } = names;
  return {
    subscriber: () => ({
      subscribe: (handler) => api.listen(event, ({ payload }) => handler(payload as InvalidationEvent)),
    }),
    // `T` is what the caller knows of the topic: the data is not looked into.
    provider: <T>(topic: Topic) => ({
      getSnapshot: async () => parseSnapshot(await api.invoke(command, { topic })) as SnapshotEnvelope<T>,
    }),
    announce: (announced) => api.emit(event, announced),
  };
}
