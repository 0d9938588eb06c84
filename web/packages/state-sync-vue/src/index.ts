/**
 * A topic as a Vue composable.
 *
 * @module
 */

import type { TopicState, TopicStore } from "@atrium/state-sync";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";

/**
 * Return a ref of a topic's state: `{ data, revision, error }`. The topic is in sync until the component, or whatever effect
 * scope this is called in, ends. The data is not made reactive in depth: each snapshot replaces it.
 */
export function useTopic<T>(store: TopicStore<T>): Readonly<ShallowRef<TopicState<T>>> {
  const state = shallowRef(store.getState());
  const end = store.subscribe(() => {
    state.value = store.getState();
  });
  onScopeDispose(end);
  return state;
}
