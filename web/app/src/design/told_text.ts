import { html, nothing, type TemplateResult } from "lit";
import { type Phrased, translated } from "../language/phrases.ts";
import { withCode } from "./words.ts";

/** Show a text that the hub tells, in the page's language if there are words for it, else marked as English. */
export function renderTold(
  told: Phrased,
  name: string,
  english: string,
  finish: (text: string) => string = String,
): TemplateResult {
  const text = translated(told, name);
  return html`<span lang=${text === undefined ? "en" : nothing}>${withCode(finish(text ?? english))}</span>`;
}
