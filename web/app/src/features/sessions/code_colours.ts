import type { createLowlight } from "lowlight";
import { GRAMMARS, grammarOf } from "./code_languages.ts";

type Lowlight = ReturnType<typeof createLowlight>;
type Tree = ReturnType<Lowlight["highlight"]>;
type Branch = Tree["children"][number];

const LONGEST_CHARACTERS = 100_000;

/** Colours code. The colouring makes a tree of named pieces, never HTML, so no code can become anything but text. */
export class CodeColours {
  #lowlight: Promise<Lowlight> | undefined;
  #ready: Lowlight | undefined;
  readonly #loading = new Map<string, Promise<void>>();

  /** Show a text in an element, coloured as soon as its grammar is there; until then, and for unknown languages, plain. */
  show(element: Element, code: string, language: string): void {
    const grammar = code.length <= LONGEST_CHARACTERS ? grammarOf(language) : undefined;
    if (grammar === undefined) {
      element.textContent = code;
    } else if (this.#ready?.registered(grammar)) {
      element.replaceChildren(...nodesOf(this.#ready.highlight(grammar, code)));
    } else {
      element.textContent = code;
      void this.#load(grammar).then(() => {
        if (element.textContent === code && this.#ready) {
          element.replaceChildren(...nodesOf(this.#ready.highlight(grammar, code)));
        }
      });
    }
  }

  #load(grammar: string): Promise<void> {
    const known = this.#loading.get(grammar) ?? this.#fetch(grammar);
    this.#loading.set(grammar, known);
    return known;
  }

  /** A grammar that cannot be fetched leaves the code plain; the next block asks for it again. */
  async #fetch(grammar: string): Promise<void> {
    try {
      this.#lowlight ??= import("lowlight").then(({ createLowlight }) => createLowlight());
      const [lowlight, module] = await Promise.all([this.#lowlight, GRAMMARS[grammar]?.()]);
      if (module) lowlight.register({ [grammar]: module.default });
      this.#ready = lowlight;
    } catch {
      this.#lowlight = undefined;
      this.#loading.delete(grammar);
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
