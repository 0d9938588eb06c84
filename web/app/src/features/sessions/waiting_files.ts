import type { KeyedTexts } from "../../state/keyed_texts.ts";

/** Where files are kept, each under its key. */
export interface FileStore {
  readonly putFile: (key: string, file: File) => Promise<void>;
  readonly getFile: (key: string) => Promise<File | undefined>;
  readonly deleteFile: (key: string) => Promise<void>;
}

/** A file, and what it is known by. */
export interface WaitingFile {
  readonly key: string;
  readonly file: File;
}

/**
 * The files of one draft that the hub does not have yet, kept over reloads: which, and in which order, is a small text, so that
 * nothing is opened where there are none.
 */
export class WaitingFiles {
  readonly #texts: KeyedTexts;
  readonly #textKey: string;
  readonly #load: () => Promise<FileStore>;
  /** In their order; of these, `#stored` can be read after a reload. */
  readonly #wanted = new Set<string>();
  readonly #stored = new Set<string>();

  constructor(texts: KeyedTexts, textKey: string, load: () => Promise<FileStore>) {
    this.#texts = texts;
    this.#textKey = textKey;
    this.#load = load;
    for (const key of texts.get(textKey).split(" ").filter(Boolean)) {
      this.#wanted.add(key);
      this.#stored.add(key);
    }
  }

  /** What was kept, in order. */
  async read(): Promise<readonly WaitingFile[]> {
    if (this.#stored.size === 0) return [];
    const store = await this.#load();
    const read = async (key: string): Promise<WaitingFile[]> => {
      const file = await store.getFile(key);
      return file ? [{ key, file }] : [];
    };
    return (await Promise.all([...this.#wanted].map(read))).flat();
  }

  /** Keep a file until it is forgotten. */
  async keep({ key, file }: WaitingFile): Promise<void> {
    this.#wanted.add(key);
    const store = await this.#load();
    await store.putFile(key, file);
    if (!this.#wanted.has(key)) return store.deleteFile(key);
    this.#stored.add(key);
    this.#note();
  }

  /** Forget a file, also one that is just being kept. */
  async forget(key: string): Promise<void> {
    this.#wanted.delete(key);
    if (!this.#stored.delete(key)) return;
    this.#note();
    await (await this.#load()).deleteFile(key);
  }

  #note(): void {
    this.#texts.set(this.#textKey, [...this.#wanted].filter((key) => this.#stored.has(key)).join(" "));
  }
}
