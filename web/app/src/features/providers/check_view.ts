import { html, nothing, type TemplateResult } from "lit";
import type { Finding } from "../../api/programs.ts";
import type { Tone } from "../../design/status_word.ts";
import "../../design/status_word.ts";
import { renderTold } from "../../design/told_text.ts";
import { sentence } from "../../design/words.ts";
import { translated } from "../../language/phrases.ts";
import { providersWords } from "./words.ts";

const TONES: Readonly<Record<Finding["level"], Tone>> = { ok: "positive", warn: "warning", fail: "danger" };
const COMMAND = /^atrium \S/;

/** What a check found, a line each, with what to do about it. */
export function renderFindings(findings: readonly Finding[]): TemplateResult {
  const words = providersWords();
  return html`
    <ul class="findings" role="list" data-testid="findings">
      ${findings.map(
        (finding) => html`<li>
          <atrium-status tone=${TONES[finding.level]}>${words[finding.level]}</atrium-status>
          <span>${nameOf(finding)}: ${renderTold(finding, "message", finding.message)}</span>
          ${finding.next ? html`<span class="note">${renderNext(finding)}</span>` : nothing}
        </li>`,
      )}
    </ul>
  `;
}

function nameOf({ check }: Finding): string {
  return translated({ phrases: { check: { code: `check.${check}` } } }, "check") ?? check;
}

function renderNext(finding: Finding): TemplateResult {
  const { next } = finding;
  return COMMAND.test(next) ? html`<code>${next}</code>` : renderTold(finding, "next", next, sentence);
}
