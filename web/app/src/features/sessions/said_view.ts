import { html, nothing, type TemplateResult } from "lit";
import { fullTime, shortTime } from "../../design/times.ts";
import type { UserMessage } from "./conversation.ts";
import { SAID } from "./find.ts";
import { sessionWords } from "./words.ts";

/** Show what a person wrote, as they wrote it. `steps` are what can be done with it, `note` what became of it. */
export function renderSaid(
  message: Pick<UserMessage, "content" | "at">,
  now: number,
  { steps, note }: { readonly steps?: unknown; readonly note?: unknown } = {},
): TemplateResult {
  return html`
    <section class="said" data-testid="message" data-role="user">
      <header>
        <span class="name">${sessionWords().you}</span>
        ${message.at ? html`<time datetime=${message.at} title=${fullTime(message.at)}>${shortTime(message.at, now)}</time>` : nothing}
        ${steps ? html`<span class="acts">${steps}</span>` : nothing}
      </header>
      <div class="words" data-piece=${SAID}>${message.content}</div>
      ${note ?? nothing}
    </section>
  `;
}
