import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api/problem.ts";
import { sayProblem } from "../language/problems.ts";
import { sentence, withCode } from "./words.ts";

/** Show what happened, what can be done about it, and what the hub says of this case. */
export function renderProblem(problem: Problem): TemplateResult {
  const { title, step, detail } = sayProblem(problem);
  return html`<strong>${sentence(title)}</strong> ${withCode(sentence(step))} ${detail ? html`<span lang="en">${withCode(sentence(detail))}</span>` : nothing}`;
}
