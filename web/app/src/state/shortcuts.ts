import { pressedKey } from "../design/pressed_key.ts";
import type { Command } from "./feature.ts";

const SEQUENCE_MS = 1_500;

/** Hears the keys of commands, wherever in the page they are pressed. */
export class Shortcuts {
  readonly #commands: () => readonly Command[];
  readonly #now: () => number;
  #first: { readonly key: string; readonly at: number } | undefined;

  constructor(commands: () => readonly Command[], now: () => number) {
    this.#commands = commands;
    this.#now = now;
  }

  /** Run the command of a key press, if there is one. Returns whether there was. */
  hear(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing || event.altKey) return false;
    const hasModifier = event.ctrlKey || event.metaKey;
    if (!hasModifier && isTyping(event)) return false;
    const key = pressedKey(event);
    const pressed = hasModifier ? `Mod+${event.shiftKey ? "Shift+" : ""}${key.toUpperCase()}` : key;
    const command = this.#find(this.#sequence(pressed)) ?? this.#find(pressed);
    this.#first = command || hasModifier ? undefined : { key: pressed, at: this.#now() };
    if (!command) return false;
    event.preventDefault();
    command.run();
    return true;
  }

  #sequence(pressed: string): string {
    const first = this.#first;
    return first && this.#now() - first.at < SEQUENCE_MS ? `${first.key} ${pressed}` : pressed;
  }

  #find(keys: string): Command | undefined {
    return this.#commands().find((command) => command.keys === keys && command.isAvailable?.() !== false);
  }
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable) ||
    event.composedPath().some((node) => node instanceof HTMLDialogElement)
  );
}
