import { signal } from "@preact/signals-core";
import { problemOf } from "../api/problem.ts";
import { problemText } from "../language/problems.ts";

/** A step that a notice offers, such as taking back what it tells of. */
export interface NoticeStep {
  readonly label: string;
  readonly run: () => void;
}

/** A short message to the person. Problems stay until they are dismissed. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isProblem: boolean;
  readonly step?: NoticeStep;
}

const SHOWN_MS = 6_000;
const SHOWN_WITH_STEP_MS = 10_000;
const MOST_SHOWN = 3;

/** The few messages the page shows at a time, the newest last. One that offers a way back is never crowded out. */
export class Notices {
  readonly all = signal<readonly Notice[]>([]);
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #lastId = 0;

  /** Say something that needs no answer; a step, as Undo, can go with it. */
  say(text: string, step?: NoticeStep): void {
    const notice = this.#add({ text, isProblem: false, ...(step && { step }) });
    this.#dismissLater(notice.id);
  }

  /** Say something that stays until it is answered or dismissed. */
  keep(text: string, step: NoticeStep): void {
    for (const known of this.all.peek()) if (known.text === text) this.dismiss(known.id);
    this.#add({ text, isProblem: false, step });
  }

  /** Say that something failed, what, and why. */
  fail(what: string, error: unknown, step?: NoticeStep): void {
    const text = `${what} ${problemText(problemOf(error))}`;
    this.#add({ text, isProblem: true, ...(step && { step }) });
  }

  /** Take a message away. */
  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.all.value = this.all.peek().filter((notice) => notice.id !== id);
  }

  /** Keep a message while a person is at it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  /** Let a message that was held go when its time is over. */
  release(id: number): void {
    if (this.#timers.has(id)) this.#dismissLater(id);
  }

  #add(content: Omit<Notice, "id">): Notice {
    const notice = { id: ++this.#lastId, ...content };
    const others = this.all.peek().filter(({ step, isProblem }) => isProblem || !step);
    const kept = others.filter(({ text }) => text !== notice.text).slice(-(MOST_SHOWN - 1));
    for (const other of others) if (!kept.includes(other)) this.dismiss(other.id);
    this.all.value = [...this.all.peek(), notice];
    return notice;
  }

  #dismissLater(id: number): void {
    const hasStep = this.all.peek().some((notice) => notice.id === id && notice.step);
    clearTimeout(this.#timers.get(id));
    const timer = setTimeout(() => this.dismiss(id), hasStep ? SHOWN_WITH_STEP_MS : SHOWN_MS);
    this.#timers.set(id, timer);
  }
}
