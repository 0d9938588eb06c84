import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Opens a menu at a point of the window; `target` is what was pressed. Returns false when there is none for it. */
export type MenuOpener = (x: number, y: number, target: Element) => boolean;

const LONG_PRESS_MS = 500;
const MOVED_PX = 10;

/** Hears a right click, the menu key and a long press inside an element, and opens the same menu for each. */
export class MenuGestures implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #open: MenuOpener;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #start = { x: 0, y: 0 };
  #hasOpened = false;

  constructor(host: ReactiveControllerHost & HTMLElement, open: MenuOpener) {
    this.#host = host;
    this.#open = open;
    host.addController(this);
  }

  hostConnected(): void {
    for (const [type, hear] of this.#listeners()) this.#host.addEventListener(type, hear);
    this.#host.addEventListener("click", this.#onClick, true);
  }

  hostDisconnected(): void {
    this.#forget();
    for (const [type, hear] of this.#listeners()) this.#host.removeEventListener(type, hear);
    this.#host.removeEventListener("click", this.#onClick, true);
  }

  #listeners(): readonly [string, (event: Event) => void][] {
    return [
      ["contextmenu", this.#onContextMenu],
      ["pointerdown", this.#onDown],
      ["pointermove", this.#onMove],
      ["pointerup", this.#forget],
      ["pointercancel", this.#forget],
    ];
  }

  readonly #onContextMenu = (event: Event): void => {
    this.#forget();
    const { clientX, clientY } = event as MouseEvent;
    if (this.#hasOpened || this.#open(clientX, clientY, deepestOf(event))) event.preventDefault();
  };

  readonly #onDown = (event: Event): void => {
    const { pointerType, clientX, clientY } = event as PointerEvent;
    this.#hasOpened = false;
    if (pointerType !== "touch") return;
    this.#start = { x: clientX, y: clientY };
    const target = deepestOf(event);
    this.#timer = setTimeout(() => {
      this.#hasOpened = this.#open(clientX, clientY, target);
    }, LONG_PRESS_MS);
  };

  readonly #onMove = (event: Event): void => {
    const { clientX, clientY } = event as PointerEvent;
    if (Math.hypot(clientX - this.#start.x, clientY - this.#start.y) > MOVED_PX) this.#forget();
  };

  /** Lifting the finger after a long press must not also follow the link below it. */
  readonly #onClick = (event: Event): void => {
    if (!this.#hasOpened) return;
    this.#hasOpened = false;
    event.preventDefault();
    event.stopPropagation();
  };

  readonly #forget = (): void => clearTimeout(this.#timer);
}

function deepestOf(event: Event): Element {
  return event.composedPath()[0] as Element;
}
