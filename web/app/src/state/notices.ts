import { signal } from "@preact/signals-core";
import { problemOf } from "../api/problem.ts";
import { sentence } from "../design/words.ts";

/** A short message to the person. Problems stay until they are dismissed. */
export interface Notice {
  readonly text: string;
  readonly isProblem: boolean;
}

const SHOWN_MS = 6_000;

/** The one message the page shows at a time: the last. */
export class Notices {
  readonly current = signal<Notice | undefined>(undefined);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Say something that needs no answer. */
  say(text: string): void {
    this.#show({ text, isProblem: false });
    this.#timer = setTimeout(() => this.dismiss(), SHOWN_MS);
  }

  /** Say that something failed, what, and why. */
  fail(what: string, error: unknown): void {
    const { title, detail } = problemOf(error);
    this.#show({ text: `${what} ${sentence(detail || title)}`, isProblem: true });
  }

  /** Take the message away. */
  dismiss(): void {
    clearTimeout(this.#timer);
    this.current.value = undefined;
  }

  #show(notice: Notice): void {
    clearTimeout(this.#timer);
    this.current.value = notice;
  }
}
