import {
  Directive,
  type DirectiveResult,
  directive,
  type ElementPart,
  type PartInfo,
  PartType,
} from "lit/directive.js";
import { FOLDED_LINES, type FramePlace, foldBelow, frameCode } from "./code_frame.ts";
import type { Typesetting } from "./markdown_view.ts";
import { readSaid, type SaidPiece } from "./said_pieces.ts";

/** Longer words than this are folded to their first `FOLDED_LINES` lines. */
export const LONG_LINES = 20;
const LINE_CHARACTERS = 72;

/** How many lines a text takes in a column of usual width. */
export function linesOf(text: string): number {
  return text
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE_CHARACTERS)), 0);
}

/** How many lines of what was said are shown before anything is opened. */
export function shownLinesOf(content: string): number {
  const shown = readSaid(content).map(({ text }) => linesOf(text));
  return shown.reduce((sum, lines) => sum + (lines > LONG_LINES ? FOLDED_LINES + 2 : lines), 0);
}

/** Shows words as they were written and code in frames; what is long is folded. */
class SaidDirective extends Directive {
  #content = "";

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("said() belongs on an element");
  }

  override update(part: ElementPart, [content, type, place]: Parameters<this["render"]>): void {
    if (content === this.#content) return;
    this.#content = content;
    part.element.replaceChildren();
    readSaid(content.replace(/\r\n?/g, "\n")).forEach((piece, index) => {
      put(part.element, piece, type, { ...place, key: `${place.key}-${index}` });
    });
  }

  render(_content: string, _type: Typesetting, _place: FramePlace): void {}
}

/** Show what a person said inside the element this stands on. */
export const said: (content: string, type: Typesetting, place: FramePlace) => DirectiveResult =
  directive(SaidDirective);

function put(element: Element, { text, language }: SaidPiece, type: Typesetting, place: FramePlace): void {
  const box = document.createElement("div");
  element.append(box);
  if (language === undefined) {
    const words = document.createElement("div");
    words.className = "text";
    words.textContent = text;
    box.append(words);
    if (linesOf(text) > LONG_LINES) foldBelow(box, text.split("\n").length, place);
    return;
  }
  box.className = "prose";
  const pre = document.createElement("pre");
  const code = document.createElement("code");
  pre.dataset.language = language;
  code.textContent = text;
  pre.append(code);
  box.append(pre);
  frameCode(pre, true, place);
  type.colours.show(code, text, language);
}
