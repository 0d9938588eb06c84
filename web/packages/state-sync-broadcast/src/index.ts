/**
 * State sync between the tabs of a browser: one has the source, the others follow over a BroadcastChannel.
 *
 * @module
 */

import {
  type InvalidationEvent,
  type InvalidationSubscriber,
  parseSnapshot,
  type SnapshotEnvelope,
  type SnapshotProvider,
  SyncError,
  type Topic,
  type Unsubscribe,
} from "@atrium/state-sync";

/** The part of a `BroadcastChannel` that is used. A channel does not hear itself: give each side one of its own. */
export interface ChannelLike {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** The source could not give the snapshot. */
export class SourceFailed extends SyncError {
  override readonly name = "SourceFailed";
}

/** The tab that has the truth. */
export interface BroadcastSource {
  /** Tell the others that a topic has changed. */
  announce(event: InvalidationEvent): void;
  /** Answer no more. */
  close(): void;
}

/** A tab that follows. */
export interface BroadcastFollower {
  /** Every event of every topic. */
  subscriber(): InvalidationSubscriber;
  /**
   * The snapshot side of a topic; rejects with `SourceFailed` when the source does. While no tab is the source it waits:
   * wrap it with `withTimeout`.
   */
  provider<T>(topic: Topic): SnapshotProvider<T>;
  /** End what waits for an answer, by `SourceFailed`. */
  close(): void;
}

type Message =
  | { kind: "invalidate"; event: unknown }
  | { kind: "get"; id: string; topic: Topic }
  | { kind: "snapshot"; id: string; snapshot: unknown }
  | { kind: "failed"; id: string; reason: string };

/** Be the source: answer what the others ask with `getSnapshot`. */
export function createBroadcastSource(
  channel: ChannelLike,
  getSnapshot: (topic: Topic) => SnapshotEnvelope<unknown> | Promise<SnapshotEnvelope<unknown>>,
): BroadcastSource {
  const post = (message: Message): void => channel.postMessage(message);
  const answer = async (id: string, topic: Topic): Promise<void> => {
    try {
      post({ kind: "snapshot", id, snapshot: await getSnapshot(topic) });
    } catch (error) {
      post({ kind: "failed", id, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  const stopListening = listen(channel, (message) => {
    if (message.kind === "get") void answer(message.id, message.topic);
  });
  return { announce: (event) => post({ kind: "invalidate", event }), close: stopListening };
}

/** Follow the source, wherever it is. `newId` makes ids that no other tab makes. */
export function createBroadcastFollower(
  channel: ChannelLike,
  newId: () => string = () => crypto.randomUUID(),
): BroadcastFollower {
  const waiting = new Map<string, { resolve: (snapshot: unknown) => void; reject: (error: Error) => void }>();
  const stopListening = listen(channel, (message) => {
    if (message.kind !== "snapshot" && message.kind !== "failed") return;
    const question = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "snapshot") question?.resolve(message.snapshot);
    else question?.reject(new SourceFailed(message.reason));
  });
  const ask = (topic: Topic): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = newId();
      waiting.set(id, { resolve, reject });
      channel.postMessage({ kind: "get", id, topic } satisfies Message);
    });
  return {
    subscriber: () => ({ subscribe: async (handler) => hear(channel, handler) }),
    // `T` is what the caller knows of the topic: the data is not looked into.
    provider: <T>(topic: Topic) => ({
      getSnapshot: async () => parseSnapshot(await ask(topic)) as SnapshotEnvelope<T>,
    }),
    close: () => {
      stopListening();
      for (const { reject } of waiting.values()) reject(new SourceFailed("the follower is closed"));
      waiting.clear();
    },
  };
}

function hear(channel: ChannelLike, handler: (event: InvalidationEvent) => void): Unsubscribe {
  return listen(channel, (message) => {
    if (message.kind === "invalidate") handler(message.event as InvalidationEvent);
  });
}

/** Hear what is ours of a channel that others may use as well. */
function listen(channel: ChannelLike, handler: (message: Message) => void): Unsubscribe {
  const listener = ({ data }: MessageEvent): void => {
    if (typeof data === "object" && data !== null && "kind" in data) handler(data as Message);
  };
  channel.addEventListener("message", listener);
  return () => channel.removeEventListener("message", listener);
}
