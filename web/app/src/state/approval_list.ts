import { computed, signal } from "@preact/signals-core";
import type { Approval } from "../api/approvals.ts";
import type { HubConnection } from "../connection/connection.ts";
import { followTopicState } from "../connection/topic_state.ts";

/** The questions that wait for the person's answer, live. */
export class ApprovalList {
  /** `undefined` until the first snapshot, and where the hub has no approvals. */
  readonly #open = signal<readonly Approval[] | undefined>(undefined);
  /** Whether the hub has no approvals: its plugin does not run. */
  readonly isMissing = signal(false);
  /** What waits, the oldest first. */
  readonly open = computed(() => this.#open.value);
  readonly count = computed(() => this.#open.value?.length ?? 0);

  /** Follow the hub's list. Returns what ends it. */
  follow(connection: HubConnection): () => void {
    return followTopicState<readonly Approval[]>(connection, "approvals", {
      apply: (open) => {
        this.#open.value = [...open].sort((a, b) => (a.id < b.id ? -1 : 1));
      },
      gone: () => {
        this.#open.value = undefined;
        this.isMissing.value = true;
      },
    });
  }

  /** What waits in one session. Read it while rendering. */
  of(sessionId: string): readonly Approval[] {
    return this.#open.value?.filter((approval) => approval.sessionId === sessionId) ?? [];
  }

  /** Leave out a question that is known to be closed, ahead of the next snapshot. */
  forget(id: string): void {
    this.#open.value = this.#open.peek()?.filter((approval) => approval.id !== id);
  }
}
