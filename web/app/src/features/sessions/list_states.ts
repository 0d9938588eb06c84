import { html, type TemplateResult } from "lit";
import type { Problem } from "../../api/problem.ts";
import type { ConnectionState } from "../../connection/connection_state.ts";
import "../../design/empty_state.ts";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import type { ListQuery } from "./list_query.ts";
import { listWords } from "./list_words.ts";

/** What stands where the sessions will be, while they are not known: what is waited for, or what is wrong. */
export function renderWait(
  problem: Problem | undefined,
  { kind }: ConnectionState,
  tryAgain: () => void,
): TemplateResult {
  const words = listWords();
  if (problem) {
    return html`
      <atrium-empty heading=${words.notRead} role="alert" data-testid="list-problem">
        ${withCode(problemText(problem))}
        <button slot="step" type="button" class="plain" @click=${tryAgain}>${words.tryAgain}</button>
      </atrium-empty>
    `;
  }
  const isAway = kind === "offline" || kind === "restarting";
  return html`<p class="note ${isAway ? "" : "late"}" role="status">${isAway ? words.readingAway : words.reading}</p>`;
}

/** What stands where the first session will be. */
export function renderNone(): TemplateResult {
  const words = listWords();
  return html`
    <atrium-empty heading=${words.noSessions} data-testid="no-sessions">
      ${words.noSessionsNote}
      <a slot="step" class="button plain begin" href="/new">${words.newSession}</a>
    </atrium-empty>
  `;
}

/** What stands where a search found nothing. */
export function renderNotFound(query: ListQuery, askForAll: () => void): TemplateResult {
  const words = listWords();
  const isText = query.text.trim() !== "";
  const isFiltered = query.states.size + query.tags.size + query.providers.size > 0;
  return html`
    <atrium-empty heading=${words.nothingFound} data-testid="nothing-found">
      ${isText ? words.nothingFoundNote : words.nothingFitsNote}
      <button slot="step" type="button" class="plain" @click=${askForAll}>
        ${isFiltered ? words.clearFilters : words.clearSearch}
      </button>
    </atrium-empty>
  `;
}
