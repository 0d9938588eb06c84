import { computed, signal } from "@preact/signals-core";
import type { Choices } from "../api/choices.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import {
  labelOf,
  listProviders,
  type Provider,
  type ProvidersAnswer,
  preferredProvider,
} from "../api/providers.ts";
import type { HubConnection } from "../connection/connection.ts";
import { followTopicState } from "../connection/topic_state.ts";
import { translated } from "../language/phrases.ts";

/** Under which the provider is kept that a person chose last in this browser. */
export const PROVIDER_KEY = "provider";

/** The providers of the hub, and which one a new session gets. */
export class ProviderList {
  readonly #answer = signal<ProvidersAnswer | undefined>(undefined);
  /** The answer, with the names that can be said in the page's language. */
  readonly #known = computed(() => {
    const answer = this.#answer.value;
    return answer && { ...answer, data: answer.data.map(withOwnName) };
  });
  /** `undefined` until they were read. */
  readonly all = computed(() => this.#known.value?.data);
  readonly problem = signal<Problem | undefined>(undefined);
  /** When they were read, in milliseconds. */
  readonly readAt = signal(0);
  /** The one of the hub's settings, for sessions that name none. */
  readonly defaultId = computed(() => this.#answer.value?.default);
  /** What sessions may choose of each, and a reason to read the list again: it is told whenever one has changed. */
  readonly states = signal<readonly ({ readonly id: string } & Choices)[]>([]);
  readonly preferred = computed(() => this.#known.value && preferredProvider(this.#known.value));

  /** Keep them up to date. */
  follow(connection: HubConnection): void {
    followTopicState<readonly ({ readonly id: string } & Choices)[]>(connection, "providers/states", {
      apply: (states) => {
        this.states.value = states;
        void this.refresh();
      },
      gone: () => undefined,
    });
  }

  /** What the sessions of a provider may choose, as far as it has told. Read it while rendering. */
  choicesOf(id: string): Choices | undefined {
    return this.states.value.find((state) => state.id === id);
  }

  /** Read them again; what was known stays when that fails. */
  async refresh(): Promise<void> {
    try {
      this.#answer.value = await listProviders();
      this.readAt.value = Date.now();
      this.problem.value = undefined;
    } catch (error) {
      this.problem.value = problemOf(error);
    }
  }

  /** A provider, if it is known. Read it while rendering: it is a signal's value. */
  find(id: string): Provider | undefined {
    return this.all.value?.find((provider) => provider.id === id);
  }

  /** What answers in a session of a provider. */
  labelOf(id: string): string {
    const provider = this.find(id);
    return provider ? labelOf(provider) : id;
  }

  /** What people call a provider. */
  nameOf(id: string): string {
    return this.find(id)?.name ?? id;
  }
}

function withOwnName(provider: Provider): Provider {
  const name = translated(provider, "name");
  return name === undefined ? provider : { ...provider, name };
}
