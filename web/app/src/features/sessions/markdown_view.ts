import {
  Directive,
  type DirectiveResult,
  directive,
  type ElementPart,
  type PartInfo,
  PartType,
} from "lit/directive.js";
import type { Token } from "marked";
import type { CodeColours } from "./code_colours.ts";
import { type FramePlace, frameCode, NOWHERE } from "./code_frame.ts";
import { readBlocks, renderBlocks } from "./markdown.ts";
import type { MathView } from "./math_view.ts";
import { growsPlainly } from "./plain_growth.ts";

/** What makes code and formulas readable once their libraries are there. */
export interface Typesetting {
  readonly colours: Pick<CodeColours, "show">;
  readonly math: Pick<MathView, "show">;
}

/** Longer code that still grows is coloured when it is complete: colouring it for every picture would be slow. */
const LONG_CODE = 8_000;

interface Shown {
  raw: string;
  readonly nodes: readonly Node[];
  /** Where the text of a code block stands, and its language. */
  readonly code?: Element | null;
  readonly language?: string;
}

/**
 * Shows growing Markdown in an element: only the block that grows is rendered again, and not even that for plain words.
 *
 * While the text streams, all blocks but the last two are taken as finished (what comes next can still be drawn into a list
 * that seemed to have ended); the whole is read once more when it is complete.
 */
export class MarkdownView {
  readonly #element: Element;
  readonly #type: Typesetting;
  readonly #kept: FramePlace;
  /** Whether all of the text was there when it was shown first. */
  #isWhole = false;
  #text = "";
  #isComplete = false;
  #shown: Shown[] = [];
  #finished = 0;
  #finishedLength = 0;

  /** What a reader chose for its code is kept in `kept`. */
  constructor(element: Element, type: Typesetting, kept: FramePlace = NOWHERE) {
    this.#element = element;
    this.#type = type;
    this.#kept = kept;
  }

  /** Show the text. */
  show(source: string, isComplete: boolean): void {
    const text = source.replace(/\r\n?/g, "\n");
    if (text === this.#text && isComplete === this.#isComplete) return;
    if (!isComplete && this.#appended(text)) return;
    if (this.#text === "") this.#isWhole = isComplete;
    if (isComplete || !text.startsWith(this.#text)) this.#finished = this.#finishedLength = 0;
    this.#text = text;
    this.#isComplete = isComplete;
    const blocks = readBlocks(text.slice(this.#finishedLength));
    // A definition at the end gives earlier blocks their links.
    if (isComplete && Object.keys(blocks.links).length > 0) this.#clear();
    this.#place(blocks);
    if (!isComplete) this.#finishAllButTwo(blocks);
  }

  /** Add what is new to the last words, if that is all that changes. */
  #appended(text: string): boolean {
    const piece = text.startsWith(this.#text) ? text.slice(this.#text.length) : "";
    const shown = this.#shown.at(-1);
    const paragraph = shown?.nodes[0];
    const words = paragraph instanceof HTMLParagraphElement ? paragraph.lastChild : null;
    // Words that do not end as the text does were written in another way: with an escape, or an entity.
    if (!shown || !(words instanceof Text) || !words.data.endsWith(this.#text.slice(-2))) return false;
    if (!growsPlainly(this.#text, piece)) return false;
    words.appendData(piece);
    shown.raw += piece;
    this.#text = text;
    return true;
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
    if (known?.raw === block.raw || (known && this.#grewInPlace(known, block))) return;
    const fragment = renderBlocks([block]);
    fragment.querySelectorAll("pre").forEach((pre, index) => {
      this.#finishCode(pre, `${place}-${index}`);
    });
    this.#type.math.show(fragment);
    const next = shownAs(block, fragment);
    this.#element.insertBefore(fragment, known?.nodes[0] ?? this.#nodeAfter(place));
    if (known) remove(known);
    this.#shown[place] = next;
  }

  #finishCode(pre: HTMLPreElement, place: string): void {
    frameCode(pre, this.#isWhole, { ...this.#kept, key: `${this.#kept.key}-${place}` });
    const code = pre.querySelector("code");
    if (code) this.#type.colours.show(code, code.textContent, pre.dataset.language ?? "");
  }

  /** Give a code block its new text where it stands, so that its scroll position and focus stay. */
  #grewInPlace(known: Shown, block: Token): boolean {
    if (block.type !== "code" || !known.code || known.language !== String(block.lang ?? "")) return false;
    const code = String(block.text);
    const waits = !this.#isComplete && code.length > LONG_CODE;
    this.#type.colours.show(known.code, code, waits ? "" : known.language);
    known.raw = waits ? "" : block.raw;
    return true;
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

  override update(part: ElementPart, [text, isComplete, type, kept]: Parameters<this["render"]>): void {
    this.#view ??= new MarkdownView(part.element, type, kept);
    this.#view.show(text, isComplete);
  }

  render(_text: string, _isComplete: boolean, _type: Typesetting, _kept: FramePlace): void {}
}

/** Show Markdown inside the element this stands on. */
export const markdown: (
  text: string,
  isComplete: boolean,
  type: Typesetting,
  kept: FramePlace,
) => DirectiveResult = directive(MarkdownDirective);

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

function remove(shown: Shown): void {
  for (const node of shown.nodes) node.parentNode?.removeChild(node);
}
