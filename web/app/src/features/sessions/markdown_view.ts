import {
  Directive,
  type DirectiveResult,
  directive,
  type ElementPart,
  type PartInfo,
  PartType,
} from "lit/directive.js";
import type { Token } from "marked";
import { readBlocks, renderBlocks } from "./markdown.ts";

interface Shown {
  raw: string;
  readonly nodes: readonly Node[];
  /** Where the text of a code block stands, and its language. */
  readonly code?: Element | null;
  readonly language?: string;
}

/**
 * Shows growing Markdown in an element: only the block that grows is rendered again.
 *
 * While the text streams, all blocks but the last two are taken as finished (what comes next can still be drawn into a list
 * that seemed to have ended); the whole is read once more when it is complete.
 */
export class MarkdownView {
  readonly #element: Element;
  #text = "";
  #isComplete = false;
  #shown: Shown[] = [];
  #finished = 0;
  #finishedLength = 0;

  constructor(element: Element) {
    this.#element = element;
  }

  /** Show the text. */
  show(source: string, isComplete: boolean): void {
    const text = source.replace(/\r\n?/g, "\n");
    if (text === this.#text && isComplete === this.#isComplete) return;
    if (isComplete || !text.startsWith(this.#text)) this.#finished = this.#finishedLength = 0;
    this.#text = text;
    this.#isComplete = isComplete;
    const blocks = readBlocks(text.slice(this.#finishedLength));
    // A definition at the end gives earlier blocks their links.
    if (isComplete && Object.keys(blocks.links).length > 0) this.#clear();
    this.#place(blocks);
    if (!isComplete) this.#finishAllButTwo(blocks);
  }

  #place(blocks: readonly Token[]): void {
    blocks.forEach((block, index) => {
      this.#put(this.#finished + index, block);
    });
    for (const extra of this.#shown.splice(this.#finished + blocks.length)) remove(extra);
  }

  #clear(): void {
    for (const shown of this.#shown.splice(0)) remove(shown);
  }

  #put(place: number, block: Token): void {
    const known = this.#shown[place];
    if (known?.raw === block.raw || (known && grewInPlace(known, block))) return;
    const fragment = renderBlocks([block]);
    for (const pre of fragment.querySelectorAll("pre")) frameCode(pre);
    const next = shownAs(block, fragment);
    this.#element.insertBefore(fragment, known?.nodes[0] ?? this.#nodeAfter(place));
    if (known) remove(known);
    this.#shown[place] = next;
  }

  #nodeAfter(place: number): Node | null {
    for (const shown of this.#shown.slice(place + 1)) if (shown.nodes[0]) return shown.nodes[0];
    return null;
  }

  #finishAllButTwo(blocks: readonly Token[]): void {
    const last = blocks.findLastIndex((block) => block.type !== "space");
    const open = blocks.findLastIndex((block, index) => block.type !== "space" && index < last);
    for (const block of blocks.slice(0, Math.max(open, 0))) {
      this.#finished += 1;
      this.#finishedLength += block.raw.length;
    }
  }
}

class MarkdownDirective extends Directive {
  #view: MarkdownView | undefined;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("markdown() belongs on an element");
  }

  override update(part: ElementPart, [text, isComplete]: [string, boolean]): void {
    this.#view ??= new MarkdownView(part.element);
    this.#view.show(text, isComplete);
  }

  render(_text: string, _isComplete: boolean): void {}
}

/** Show Markdown inside the element this stands on. */
export const markdown: (text: string, isComplete: boolean) => DirectiveResult = directive(MarkdownDirective);

function shownAs(block: Token, fragment: DocumentFragment): Shown {
  const nodes = [...fragment.childNodes];
  if (block.type !== "code") return { raw: block.raw, nodes };
  return {
    raw: block.raw,
    nodes,
    code: fragment.querySelector("pre > code"),
    language: String(block.lang ?? ""),
  };
}

/** Give a code block its new text where it stands, so that its scroll position and focus stay. */
function grewInPlace(known: Shown, block: Token): boolean {
  if (block.type !== "code" || !known.code || known.language !== String(block.lang ?? "")) return false;
  known.code.textContent = String(block.text);
  known.raw = block.raw;
  return true;
}

function remove(shown: Shown): void {
  for (const node of shown.nodes) node.parentNode?.removeChild(node);
}

/** Put a code block into a frame with its language and a button that copies it. */
function frameCode(pre: HTMLPreElement): void {
  const frame = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const copy = document.createElement("button");
  caption.append(pre.dataset.language || "text", copy);
  copy.type = "button";
  copy.className = "quiet";
  copy.textContent = "Copy";
  copy.dataset.copy = "code";
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(caption, pre);
}
