/**
 * A topic as a React hook.
 *
 * @module
 */

import type { TopicState, TopicStore } from "@atrium/state-sync";
import { useSyncExternalStore } from "react";

/**
 * Render with a topic's state: `{ data, revision, error }`. The topic is in sync while a mounted component uses it.
 *
 * Make the store once, outside of components or with `useMemo`: each store has a subscription of its own.
 */
export function useTopic<T>(store: TopicStore<T>): TopicState<T> {
  return useSyncExternalStore(store.subscribe, store.getState, store.getState);
}
