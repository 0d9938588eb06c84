import { sessionWords } from "./words.ts";

/** How many lines of something folded are shown. */
export const FOLDED_LINES = 16;
const LONG_LINES = 30;

/** Where what a reader chose for a frame is kept: drawn again, it is as they left it. */
export interface FramePlace {
  readonly key: string;
  readonly opened: { readonly has: (key: string) => boolean };
}

/** For a page that draws its texts once. */
export const NOWHERE: FramePlace = { key: "", opened: { has: () => false } };

/**
 * Put a code block into a frame with its language and buttons: copy, wrap, and show all of a long one.
 *
 * A long block is folded only when it is shown whole from the start: folding one that a reader has watched grow would move
 * everything below it.
 */
export function frameCode(pre: HTMLPreElement, mayFold: boolean, place: FramePlace): void {
  const words = sessionWords();
  const frame = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = pre.dataset.language || words.plainText;
  const wrap = button(words.wrap, "wrap", `${place.key}-wrap`);
  const isWrapped = place.opened.has(`${place.key}-wrap`);
  wrap.ariaPressed = String(isWrapped);
  frame.classList.toggle("wrapped", isWrapped);
  caption.append(name, wrap, button(words.copy, "copy"));
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(caption, pre);
  const lines = pre.textContent.split("\n").length;
  if (mayFold && lines > LONG_LINES) foldBelow(frame, lines, place);
}

/** Fold a long thing to its first lines, with a button below that shows the rest, unless the reader has pressed it before. */
export function foldBelow(box: HTMLElement, lines: number, { key, opened }: FramePlace): void {
  if (opened.has(key)) return;
  const words = sessionWords();
  box.classList.add("folded");
  box.style.setProperty("--shown-lines", String(FOLDED_LINES));
  const unfold = button(lines > FOLDED_LINES ? words.showAllLines(lines) : words.showAll, "unfold", key);
  unfold.dataset.grows = "";
  box.append(unfold);
}

/**
 * Do what a button of a frame says, and note it in `opened`; nothing has to be drawn again for it.
 *
 * Returns whether the button was one of a frame.
 */
export function actOnFrame(
  pressed: HTMLButtonElement,
  copy: (button: HTMLButtonElement, text: string) => void,
  opened: Set<string>,
): boolean {
  const frame = pressed.closest("figure");
  switch (pressed.dataset.code) {
    case "copy":
      copy(pressed, frame?.querySelector("pre")?.textContent ?? "");
      return true;
    case "wrap":
      note(pressed, opened);
      pressed.ariaPressed = String(frame?.classList.toggle("wrapped") ?? false);
      return true;
    case "unfold":
      note(pressed, opened);
      pressed.closest(".folded")?.classList.remove("folded");
      pressed.remove();
      return true;
    default:
      return false;
  }
}

function note({ dataset }: HTMLButtonElement, opened: Set<string>): void {
  const { key = "" } = dataset;
  if (!opened.delete(key)) opened.add(key);
}

function button(label: string, step: string, key?: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = label;
  made.dataset.code = step;
  if (key !== undefined) made.dataset.key = key;
  return made;
}
