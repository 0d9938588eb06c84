import { sessionWords } from "./words.ts";

const FOLDED_LINES = 16;
const LONG_LINES = 30;

/**
 * Put a code block into a frame with its language and buttons: copy, wrap, and show all of a long one.
 *
 * A long block is folded only when it is shown whole from the start: folding one that a reader has watched grow would move
 * everything below it.
 */
export function frameCode(pre: HTMLPreElement, mayFold: boolean): void {
  const words = sessionWords();
  const frame = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = pre.dataset.language || words.plainText;
  caption.append(name, button(words.wrap, "wrap"), button(words.copy, "copy"));
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(caption, pre);
  const lines = pre.textContent.split("\n").length;
  if (mayFold && lines > LONG_LINES) fold(frame, lines);
}

/** Do what a button of a frame says. Returns whether the button was one of a frame. */
export function actOnFrame(
  pressed: HTMLButtonElement,
  copy: (button: HTMLButtonElement, text: string) => void,
): boolean {
  const frame = pressed.closest("figure");
  const pre = frame?.querySelector("pre");
  if (!frame || !pre) return false;
  switch (pressed.dataset.code) {
    case "copy":
      copy(pressed, pre.textContent);
      return true;
    case "wrap":
      pressed.ariaPressed = String(frame.classList.toggle("wrapped"));
      return true;
    case "unfold":
      frame.classList.remove("folded");
      pressed.remove();
      return true;
    default:
      return false;
  }
}

function fold(frame: HTMLElement, lines: number): void {
  frame.classList.add("folded");
  frame.style.setProperty("--shown-lines", String(FOLDED_LINES));
  const unfold = button(sessionWords().showAllLines(lines), "unfold");
  unfold.dataset.grows = "";
  frame.append(unfold);
}

function button(label: string, step: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = label;
  made.dataset.code = step;
  if (step === "wrap") made.ariaPressed = "false";
  return made;
}
