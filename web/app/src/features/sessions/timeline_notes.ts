import { html, type TemplateResult } from "lit";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import { sessionPath } from "../../state/router.ts";
import type { ConversationFeed } from "./conversation_feed.ts";
import { sessionWords } from "./words.ts";

/** What stands above the first message: that there is more, why it is not here, or what the session is a copy of. */
export function renderTop(feed: ConversationFeed, copyOf: string | undefined): unknown {
  const words = sessionWords();
  const problem = feed.earlierProblem.value;
  if (problem) {
    return html`<p class="earlier" role="status">
      ${words.earlierUnreadable} ${withCode(problemText(problem))}
      <button type="button" class="plain" data-testid="read-earlier" @click=${() => feed.readEarlier()}>${words.tryAgain}</button>
    </p>`;
  }
  if (feed.hasEarlier.value)
    return html`<p class="earlier"><span class="late">${words.readingEarlier}</span></p>`;
  if (!copyOf) return "";
  return html`<p class="earlier"><a href=${sessionPath(copyOf)} data-testid="copy-of">${words.copyOfSession}</a></p>`;
}

/** What is said in place of a conversation. `isAway`: whether the hub is known to be. */
export function renderInstead(
  feed: ConversationFeed,
  isAway: boolean,
  isEmpty: boolean,
): TemplateResult | "" {
  const words = sessionWords();
  const phase = feed.phase.value;
  if (phase === "waiting" || (phase === "loading" && isAway)) {
    const reason = feed.problem.value ? problemText(feed.problem.value) : words.noAnswer;
    return html`<p class="note" role="status">${withCode(words.unreadable(reason))}</p>`;
  }
  return phase === "ready" && isEmpty ? html`<p class="note">${words.nothingSaid}</p>` : "";
}
