import { html, type TemplateResult } from "lit";

/** Make a sentence of words that came from elsewhere: a capital at its start, a full stop at its end. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const whole = /[.!?…:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

/** Show words with `commands` between backquotes as code. */
export function withCode(text: string): TemplateResult {
  const pieces = text.split("`");
  return html`${pieces.map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece))}`;
}
