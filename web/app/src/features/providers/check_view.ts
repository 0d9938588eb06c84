import { html, nothing, type TemplateResult } from "lit";
import type { Finding } from "../../api/programs.ts";
import type { Tone } from "../../design/status_word.ts";
import "../../design/status_word.ts";
import { sentence, withCode } from "../../design/words.ts";
import { providersWords } from "./words.ts";

const TONES: Readonly<Record<Finding["level"], Tone>> = { ok: "positive", warn: "warning", fail: "danger" };
const COMMAND = /^atrium \S/;

/** What a check found, a line each, with what to do about it. */
export function renderFindings(findings: readonly Finding[]): TemplateResult {
  const words = providersWords();
  return html`
    <ul class="findings" role="list" data-testid="findings">
      ${findings.map(
        ({ check, level, message, next }) => html`<li>
          <atrium-status tone=${TONES[level]}>${words[level]}</atrium-status>
          <span lang="en">${check}: ${withCode(message)}</span>
          ${next ? html`<span class="note" lang="en">${renderNext(next)}</span>` : nothing}
        </li>`,
      )}
    </ul>
  `;
}

function renderNext(next: string): TemplateResult {
  return COMMAND.test(next) ? html`<code>${next}</code>` : withCode(sentence(next));
}
