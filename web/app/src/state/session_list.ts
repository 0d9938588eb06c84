import { computed, signal } from "@preact/signals-core";
import type { Problem } from "../api/problem.ts";
import type { Session } from "../api/sessions.ts";
import type { HubConnection } from "../connection/connection.ts";
import { followTopicState } from "../connection/topic_state.ts";

/** Makes a session as it is about to be of the one that is known. */
export type Expectation = (session: Session) => Session;

/** The person's sessions, live. */
export class SessionList {
  /** `undefined` until the first snapshot. */
  readonly #sessions = signal<readonly Session[] | undefined>(undefined);
  readonly #expected = signal<ReadonlyMap<string, Expectation>>(new Map());
  readonly #hidden = signal<ReadonlySet<string>>(new Set());
  readonly problem = signal<Problem | undefined>(undefined);
  /** The sessions as they are or are about to be, the last changed first. */
  readonly sessions = computed(() => this.#sessions.value && this.#shown(this.#sessions.value));
  #followAgain = (): void => undefined;
  readonly #byId = computed(() => new Map(this.sessions.value?.map((session) => [session.id, session])));

  /** Follow the hub's list. Returns what ends it. */
  follow(connection: HubConnection): () => void {
    const follow = (): (() => void) =>
      followTopicState<readonly Session[]>(connection, "sessions", {
        apply: (sessions) => {
          this.#sessions.value = sessions;
          this.problem.value = undefined;
        },
        gone: ({ problem }) => {
          this.problem.value = problem;
        },
      });
    let end = follow();
    this.#followAgain = () => {
      end();
      this.problem.value = undefined;
      end = follow();
    };
    return () => end();
  }

  /** Try again to follow the list after a problem. */
  tryAgain(): void {
    this.#followAgain();
  }

  /** Show a session as it is about to be, ahead of the hub. Returns what ends that. */
  expect(id: string, expectation: Expectation): () => void {
    this.#expected.value = new Map(this.#expected.peek()).set(id, expectation);
    return () => {
      if (this.#expected.peek().get(id) !== expectation) return;
      const left = new Map(this.#expected.peek());
      left.delete(id);
      this.#expected.value = left;
    };
  }

  /** Take in a session as the hub just told it, ahead of the next snapshot. */
  put(session: Session): void {
    const known = this.#sessions.peek();
    if (!known) return;
    const isKnown = known.some(({ id }) => id === session.id);
    this.#sessions.value = isKnown
      ? known.map((old) => (old.id === session.id ? session : old))
      : [...known, session];
  }

  /** Do not show sessions that are about to be deleted. Returns what ends that. */
  hide(ids: readonly string[]): () => void {
    this.#hidden.value = new Set([...this.#hidden.peek(), ...ids]);
    return () => {
      this.#hidden.value = new Set([...this.#hidden.peek()].filter((id) => !ids.includes(id)));
    };
  }

  /** Leave out a session that is known to be deleted, ahead of the next snapshot. */
  forget(id: string): void {
    this.#sessions.value = this.#sessions.peek()?.filter((session) => session.id !== id);
  }

  /** The session with an id, if it is known. */
  find(id: string): Session | undefined {
    return this.#byId.value.get(id);
  }

  #shown(sessions: readonly Session[]): readonly Session[] {
    const hidden = this.#hidden.value;
    const expected = this.#expected.value;
    return sessions
      .filter(({ id }) => !hidden.has(id))
      .map((session) => expected.get(session.id)?.(session) ?? session)
      .sort(byUpdate);
  }
}

function byUpdate(a: Session, b: Session): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt < b.updatedAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
