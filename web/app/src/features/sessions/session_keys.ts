import type { ReactiveController, ReactiveControllerHost } from "lit";
import { pressedKey } from "../../design/pressed_key.ts";

/** What the keys of a session do. */
export interface SessionActs {
  readonly find: () => void;
  readonly isFinding: () => boolean;
  readonly leaveFind: () => void;
  readonly isEditing: () => boolean;
  readonly leaveEditing: () => void;
  readonly isRunning: () => boolean;
  /** Whether a text is being written that the key could be meant for. */
  readonly isWriting: () => boolean;
  /** Say, or no longer, that the next Esc cancels the turn. */
  readonly hold: (isHolding: boolean) => void;
  readonly cancel: () => void;
}

const HOLD_MS = 3_000;

/**
 * Hears Esc and Ctrl F while a session is open, wherever in the page they are pressed.
 *
 * Esc steps back from the innermost: it leaves finding, then editing, then cancels the turn. While a text is being written,
 * cancelling takes a second Esc. Ctrl F pressed in the field of finding is left to the browser's own.
 */
export class SessionKeys implements ReactiveController {
  readonly #acts: SessionActs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost, acts: SessionActs) {
    this.#acts = acts;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener("keydown", this.#onKey);
  }

  hostDisconnected(): void {
    document.removeEventListener("keydown", this.#onKey);
    this.#release();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || isInDialog(event)) return;
    if (event.key === "Escape") this.#stepBack();
    else if (isFind(event) && isInFindField(event)) event.stopPropagation();
    else if (isFind(event)) {
      event.preventDefault();
      this.#acts.find();
    }
  };

  #stepBack(): void {
    const acts = this.#acts;
    if (acts.isFinding()) acts.leaveFind();
    else if (acts.isEditing()) acts.leaveEditing();
    else if (acts.isRunning()) this.#cancel();
  }

  #cancel(): void {
    if (this.#timer === undefined && this.#acts.isWriting()) {
      this.#acts.hold(true);
      this.#timer = setTimeout(() => this.#release(), HOLD_MS);
    } else {
      this.#release();
      this.#acts.cancel();
    }
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#acts.hold(false);
  }
}

function isFind(event: KeyboardEvent): boolean {
  const hasModifier = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  return hasModifier && pressedKey(event).toLowerCase() === "f";
}

function isInFindField(event: KeyboardEvent): boolean {
  return event.composedPath().some((node) => node instanceof Element && node.localName === "atrium-find-bar");
}

function isInDialog(event: KeyboardEvent): boolean {
  return event.composedPath().some((node) => node instanceof HTMLDialogElement);
}
