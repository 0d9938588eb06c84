import { html, nothing, type TemplateResult } from "lit";
import type { Summary, Turn } from "./conversation.ts";
import { summaryWords } from "./summary_words.ts";
import { renderFolded } from "./tool_view.ts";
import type { TurnContext } from "./turn_view.ts";

/** Say that who answers reads a summary of the beginning, a line each that opens: what it says is shown as it was written. */
export function renderSummaries(
  summaries: readonly Summary[] | undefined,
  { nameOf, opened }: TurnContext,
): TemplateResult | typeof nothing {
  if (!summaries) return nothing;
  const words = summaryWords();
  return html`${summaries.map((summary) => {
    const { offset, readerId, writerId, messages, leftOut, content } = summary;
    const line = html`<span class="told">${words.has(nameOf(readerId), messages)}</span>`;
    const detail = (): TemplateResult => html`
      <p class="words summary-text" dir="auto">${content}</p>
      <p class="end">${words.wrote(nameOf(writerId))} ${leftOut > 0 ? words.leftOut(leftOut) : nothing}</p>
    `;
    return renderFolded(`summary-${offset}`, "summary", line, opened, detail);
  })}`;
}

/** Say that the beginning is being summarised, and how far that is. */
export function renderSummarising({ part, parts }: NonNullable<Turn["summarising"]>): string {
  return summaryWords().summarising(part, parts);
}
