/**
 * A topic as a Lit reactive controller.
 *
 * @module
 */

import type { TopicState, TopicStore, Unsubscribe } from "@atrium/state-sync";
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Keeps an element up to date with a topic for as long as it is connected: `topic = new TopicController(this, store)`. */
export class TopicController<T> implements ReactiveController {
  private end: Unsubscribe | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly store: TopicStore<T>,
  ) {
    host.addController(this);
  }

  /** The topic's state: `{ data, revision, error }`. */
  get state(): TopicState<T> {
    return this.store.getState();
  }

  /** Follow the topic; called by the host. */
  hostConnected(): void {
    this.end = this.store.subscribe(() => this.host.requestUpdate());
  }

  /** Follow it no more; called by the host. */
  hostDisconnected(): void {
    this.end?.();
    this.end = undefined;
  }
}
