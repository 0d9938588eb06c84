import { html, nothing, type TemplateResult } from "lit";
import { fullTime, shortTime } from "../../design/times.ts";
import type { UserMessage } from "./conversation.ts";
import { SAID } from "./find.ts";
import "./image_view.ts";
import type { OutboxItem } from "./outbox.ts";
import { sessionWords } from "./words.ts";

/** Where a message stands: its session, and whether the hub can be heard. */
export interface SaidPlace {
  readonly sessionId: string;
  readonly now: number;
  readonly isLive: boolean;
}

/** Show what a person wrote, as they wrote it. `steps` are what can be done with it, `note` what became of it. */
export function renderSaid(
  { content, at, attachments }: Pick<UserMessage, "content" | "at" | "attachments">,
  { sessionId, now, isLive }: SaidPlace,
  { steps, note }: { readonly steps?: unknown; readonly note?: unknown } = {},
): TemplateResult {
  return html`
    <section class="said" data-testid="message" data-role="user">
      <header>
        <span class="name">${sessionWords().you}</span>
        ${at ? html`<time datetime=${at} title=${fullTime(at)}>${shortTime(at, now)}</time>` : nothing}
        ${steps ? html`<span class="acts">${steps}</span>` : nothing}
      </header>
      <div class="words" data-piece=${SAID}>${content}</div>
      ${
        attachments
          ? html`<atrium-said-images .sessionId=${sessionId} .attachments=${attachments} ?live=${isLive}></atrium-said-images>`
          : nothing
      }
      ${note ?? nothing}
    </section>
  `;
}

/** Show a message on its way: it is in the stream in a moment. */
export function renderLeaving(
  { content, attachments, status }: OutboxItem,
  place: SaidPlace,
): TemplateResult {
  const note = html`<p class="unsent"><span class="late">${sessionWords().sending}</span></p>`;
  const message = { content, at: "", ...(attachments && { attachments }) };
  return html`<article class="turn" data-testid="unsent" data-status=${status}>
    ${renderSaid(message, place, { note })}
  </article>`;
}
