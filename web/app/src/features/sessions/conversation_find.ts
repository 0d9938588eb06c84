import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Turn } from "./conversation.ts";
import { Finder, type Findings, indexOf, type Match, matchAt, NOTHING_FOUND } from "./find.ts";

/** Finding in one conversation: what is looked for, what was found, and the match the person is at. */
export class ConversationFind {
  readonly isOpen = signal(false);
  readonly wanted = signal("");
  readonly current = signal<Match | undefined>(undefined);
  readonly findings: ReadonlySignal<Findings>;
  /** Which match the person is at, from 0; -1 at none. */
  readonly at: ReadonlySignal<number>;
  readonly #turns: ReadonlySignal<readonly Turn[]>;
  readonly #finder = new Finder();

  constructor(turns: ReadonlySignal<readonly Turn[]>) {
    this.#turns = turns;
    this.findings = computed(() =>
      this.isOpen.value ? this.#finder.find(turns.value, this.wanted.value) : NOTHING_FOUND,
    );
    this.at = computed(() => (this.current.value ? indexOf(this.findings.value, this.current.value) : -1));
  }

  /** Look for a text; the person is taken to the first match at or below a turn, else to the last one above it. */
  search(wanted: string, fromTurn: number): void {
    this.wanted.value = wanted;
    const findings = this.findings.value;
    const below = new Set(
      this.#turns
        .peek()
        .slice(fromTurn)
        .map(({ id }) => id),
    );
    const hit = findings.hits.find(({ turnId }) => below.has(turnId));
    this.current.value = hit ? { hit, nth: 0 } : matchAt(findings, findings.total - 1);
  }

  /** Go to the next match, or back; behind the last comes the first. */
  step(by: number): void {
    const { total } = this.findings.value;
    if (total === 0) return;
    const from = this.at.value < 0 && by < 0 ? 0 : this.at.value;
    this.current.value = matchAt(this.findings.value, (from + by + total) % total);
  }

  /** Stop looking. What was looked for is kept for the next time. */
  close(): void {
    this.isOpen.value = false;
    this.current.value = undefined;
  }
}
