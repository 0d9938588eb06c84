import type { KeyedTexts } from "../src/state/keyed_texts.ts";

/** Texts that live as long as the test. */
export class MemoryTexts implements KeyedTexts {
  readonly #texts = new Map<string, string>();

  get(key: string): string {
    return this.#texts.get(key) ?? "";
  }

  set(key: string, text: string): void {
    if (text) this.#texts.set(key, text);
    else this.#texts.delete(key);
  }

  keys(prefix: string): readonly string[] {
    return [...this.#texts.keys()].filter((key) => key.startsWith(prefix));
  }
}
