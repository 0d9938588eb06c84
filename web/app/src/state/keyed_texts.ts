/** Small texts that survive a reload: drafts and unsent messages. */
export interface KeyedTexts {
  /** The text, or `""`. */
  get(key: string): string;
  /** Keep a text; `""` forgets it. */
  set(key: string, text: string): void;
  /** The keys that begin so and have a text. */
  keys(prefix: string): readonly string[];
}

const PREFIX = "atrium.";

/**
 * Texts in the browser's storage.
 *
 * Where the browser refuses (private windows, a full store) they live as long as the page: nothing else depends on them.
 */
export class StoredTexts implements KeyedTexts {
  readonly #fallback = new Map<string, string>();

  constructor(private readonly storage: Storage) {}

  get(key: string): string {
    return this.#fallback.get(key) ?? this.storage.getItem(PREFIX + key) ?? "";
  }

  set(key: string, text: string): void {
    this.#fallback.delete(key);
    try {
      if (text) this.storage.setItem(PREFIX + key, text);
      else this.storage.removeItem(PREFIX + key);
    } catch {
      this.#fallback.set(key, text);
    }
  }

  keys(prefix: string): readonly string[] {
    const stored = Object.keys(this.storage).filter((key) => key.startsWith(PREFIX));
    const known = [...stored.map((key) => key.slice(PREFIX.length)), ...this.#fallback.keys()];
    return [...new Set(known)].filter((key) => key.startsWith(prefix) && this.get(key) !== "");
  }
}
