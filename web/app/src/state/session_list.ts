import { computed, signal } from "@preact/signals-core";
import type { Problem } from "../api/problem.ts";
import type { Session } from "../api/sessions.ts";
import type { HubConnection } from "../connection/connection.ts";
import { followTopicState } from "../connection/topic_state.ts";

/** The person's sessions, live. */
export class SessionList {
  /** `undefined` until the first snapshot. */
  readonly #sessions = signal<readonly Session[] | undefined>(undefined);
  readonly problem = signal<Problem | undefined>(undefined);
  /** The sessions, the last changed first. */
  readonly sessions = computed(() => this.#sessions.value?.toSorted(byUpdate));

  /** Follow the hub's list. Returns what ends it. */
  follow(connection: HubConnection): () => void {
    return followTopicState<readonly Session[]>(connection, "sessions", {
      apply: (sessions) => {
        this.#sessions.value = sessions;
        this.problem.value = undefined;
      },
      gone: ({ problem }) => {
        this.problem.value = problem;
      },
    });
  }

  /** Leave out a session that is known to be deleted, ahead of the next snapshot. */
  forget(id: string): void {
    this.#sessions.value = this.#sessions.peek()?.filter((session) => session.id !== id);
  }

  /** The session with an id, if it is known. */
  find(id: string): Session | undefined {
    return this.#sessions.value?.find((session) => session.id === id);
  }
}

function byUpdate(a: Session, b: Session): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt < b.updatedAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
