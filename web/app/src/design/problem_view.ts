import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api/problem.ts";
import { sayProblem } from "../language/problems.ts";
import { sentence, withCode } from "./words.ts";

/** Show what happened, what can be done about it, and what the hub says of this case. */
export function renderProblem(problem: Problem): TemplateResult {
  const { title, step, detail, isQuoted } = sayProblem(problem);
  const said = isQuoted ? `«${detail}»` : detail;
  const lang = isQuoted ? "en" : nothing;
  return html`<strong>${sentence(title)}</strong> ${withCode(sentence(step))} ${detail ? html`<span lang=${lang}>${withCode(sentence(said))}</span>` : nothing}`;
}
