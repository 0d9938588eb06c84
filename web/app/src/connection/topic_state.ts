import { createRevisionSync, type InvalidationEvent, withTimeout } from "@atrium/state-sync";
import { effect } from "@preact/signals-core";
import { ApiProblem } from "../api/problem.ts";
import { getSnapshot } from "../api/topics.ts";
import type { HubConnection } from "./connection.ts";

const SNAPSHOT_TIMEOUT_MS = 15_000;
const START_RETRY_MS = 2_000;

/** What becomes of a followed topic. `gone`: it cannot be followed, now or later (deleted, or not ours). */
export interface TopicStateListener<T> {
  apply(data: T): void;
  gone(problem: ApiProblem): void;
}

/** Keep a listener up to date with a topic, through breaks and restarts of the hub. Returns what ends it. */
export function followTopicState<T>(
  connection: HubConnection,
  topic: string,
  listener: TopicStateListener<T>,
): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const failed = (error: unknown): void => {
    if (ended || !(error instanceof ApiProblem) || error.isTransient || error.problem.status === 401) return;
    end();
    listener.gone(error);
  };
  const asked = withTimeout({ getSnapshot: () => getSnapshot<T>(topic) }, SNAPSHOT_TIMEOUT_MS);
  const sync = createRevisionSync<T>({
    topic,
    subscriber: {
      subscribe: async (handler) =>
        connection.followTopic(topic, {
          invalidated: (event) => handler(event as unknown as InvalidationEvent),
          resumed: () => void sync.refresh().catch(failed),
        }),
    },
    provider: connection.carried.before(topic, asked),
    applier: { apply: ({ data }) => listener.apply(data) },
    onError: ({ error }) => failed(error),
  });
  const start = (): void => {
    clearTimeout(timer);
    sync.start().catch(() => {
      const isLive = connection.state.peek().kind === "live";
      if (!ended && isLive) timer = setTimeout(start, START_RETRY_MS);
    });
  };
  const unwatch = effect(() => {
    if (connection.state.value.kind === "live") start();
  });
  const end = (): void => {
    ended = true;
    clearTimeout(timer);
    unwatch();
    sync.stop();
  };
  return end;
}
