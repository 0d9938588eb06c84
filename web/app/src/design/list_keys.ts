import type { ReactiveController, ReactiveControllerHost } from "lit";
import { pressedKey } from "./pressed_key.ts";

/** What a list does with keys beside moving the focus. Each is optional; `enter` is the items' own click. */
export interface ListKeysOptions {
  /** Finds the items, links or buttons, in the host's shadow root. */
  readonly items: string;
  /** `/`: go to the filter. */
  readonly filter?: () => void;
  /** `x`: select the item, or take it out of the selection. */
  readonly select?: (item: HTMLElement) => void;
}

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Gives a list its keys: j and k or the arrows, Home and End, `/` to filter, `x` to select. */
export class ListKeys implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #options: ListKeysOptions;

  constructor(host: ReactiveControllerHost & HTMLElement, options: ListKeysOptions) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  hostConnected(): void {
    this.#host.addEventListener("keydown", this.#onKey);
  }

  hostDisconnected(): void {
    this.#host.removeEventListener("keydown", this.#onKey);
  }

  /** Move the focus along the list; from the current item when nothing in it has the focus. */
  step(by: number): void {
    const items = this.#items();
    const active = this.#host.shadowRoot?.activeElement;
    const from = items.findIndex((item) => item === active || (!active && item.ariaCurrent === "page"));
    const first = by > 0 ? 0 : items.length - 1;
    const to = from < 0 ? first : Math.min(Math.max(from + by, 0), items.length - 1);
    items[to]?.focus();
  }

  #items(): HTMLElement[] {
    return [...(this.#host.shadowRoot?.querySelectorAll<HTMLElement>(this.#options.items) ?? [])];
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.composedPath()[0] as HTMLElement;
    const isTyping = target.matches("input, textarea, select");
    const key = pressedKey(event);
    if (isTyping ? this.#stepOutOfFilter(key) : this.#act(key, target)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  #stepOutOfFilter(key: string): boolean {
    if (key !== "ArrowDown") return false;
    this.#items()[0]?.focus();
    return true;
  }

  #act(key: string, target: HTMLElement): boolean {
    const by = STEPS[key];
    if (by !== undefined) this.step(by);
    else if (key === "Home") this.#items()[0]?.focus();
    else if (key === "End") this.#items().at(-1)?.focus();
    else if (key === "/" && this.#options.filter) this.#options.filter();
    else if (key === "x" && this.#options.select && target.matches(this.#options.items))
      this.#options.select(target);
    else return false;
    return true;
  }
}
