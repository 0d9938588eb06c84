import type { createLowlight } from "lowlight";

type Lowlight = ReturnType<typeof createLowlight>;
type Tree = ReturnType<Lowlight["highlight"]>;
type Languages = typeof import("./code_languages.ts");
type Branch = Tree["children"][number];

const LONGEST_CHARACTERS = 100_000;

/** Colours code. The colouring makes a tree of named pieces, never HTML, so no code can become anything but text. */
export class CodeColours {
  #lowlight: Promise<Lowlight> | undefined;
  #ready: Lowlight | undefined;
  #languages: Languages | undefined;
  readonly #loading = new Map<string, Promise<void>>();

  /** Show a text in an element, coloured as soon as its grammar is there; until then, and for unknown languages, plain. */
  show(element: Element, code: string, language: string): void {
    if (code.length <= LONGEST_CHARACTERS && this.#colour(element, code, language)) return;
    element.textContent = code;
    if (code.length > LONGEST_CHARACTERS || this.#isUnknown(language)) return;
    void this.#load(language).then(() => {
      if (element.textContent === code) this.#colour(element, code, language);
    });
  }

  #colour(element: Element, code: string, language: string): boolean {
    const grammar = this.#languages?.grammarOf(language);
    if (grammar === undefined || !this.#ready?.registered(grammar)) return false;
    element.replaceChildren(...nodesOf(this.#ready.highlight(grammar, code)));
    return true;
  }

  #isUnknown(language: string): boolean {
    return !language || (this.#languages !== undefined && this.#languages.grammarOf(language) === undefined);
  }

  #load(language: string): Promise<void> {
    const known = this.#loading.get(language) ?? this.#fetch(language);
    this.#loading.set(language, known);
    return known;
  }

  /** A grammar that cannot be fetched leaves the code plain; the next block asks for it again. */
  async #fetch(language: string): Promise<void> {
    try {
      this.#languages ??= await import("./code_languages.ts");
      const grammar = this.#languages.grammarOf(language);
      if (grammar === undefined) return;
      this.#lowlight ??= import("lowlight").then(({ createLowlight }) => createLowlight());
      const [lowlight, module] = await Promise.all([this.#lowlight, this.#languages.GRAMMARS[grammar]?.()]);
      if (module) lowlight.register({ [grammar]: module.default });
      this.#ready = lowlight;
    } catch {
      this.#lowlight = undefined;
      this.#loading.delete(language);
    }
  }
}

function nodesOf(tree: Tree): Node[] {
  return tree.children.map(nodeOf);
}

function nodeOf(branch: Branch): Node {
  if (branch.type !== "element") return document.createTextNode("value" in branch ? branch.value : "");
  const piece = document.createElement("span");
  const names = branch.properties.className;
  if (Array.isArray(names)) piece.className = names.join(" ");
  piece.append(...(branch.children as Branch[]).map(nodeOf));
  return piece;
}
