import { html, nothing, type TemplateResult } from "lit";
import { fullTime, shortTime } from "../../design/times.ts";
import type { UserMessage } from "./conversation.ts";
import { SAID } from "./find.ts";
import "./image_view.ts";
import type { Typesetting } from "./markdown_view.ts";
import type { OutboxItem } from "./outbox.ts";
import { said } from "./said_text.ts";
import type { Opened } from "./tool_view.ts";
import { sessionWords } from "./words.ts";

/** Where a message stands: its session, whether the hub can be heard, and what the reader has opened. */
export interface SaidPlace {
  readonly sessionId: string;
  readonly now: number;
  readonly isLive: boolean;
  readonly opened: Opened;
  readonly type: Typesetting;
}

/** Show what a person wrote, as they wrote it, its code in frames. `steps` are what can be done with it, `note` what became of it. */
export function renderSaid(
  { id, content, at, attachments }: Pick<UserMessage, "id" | "content" | "at" | "attachments">,
  { sessionId, now, isLive, opened, type }: SaidPlace,
  { steps, note }: { readonly steps?: unknown; readonly note?: unknown } = {},
): TemplateResult {
  return html`
    <section class="said" data-testid="message" data-role="user">
      <header>
        <span class="name">${sessionWords().you}</span>
        ${at ? html`<time datetime=${at} title=${fullTime(at)}>${shortTime(at, now)}</time>` : nothing}
        ${steps ? html`<span class="acts">${steps}</span>` : nothing}
      </header>
      <div class="words" data-piece=${SAID} ${said(content, type, { key: `${SAID}-${id}`, opened })}></div>
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
  { clientToken, content, attachments, status }: OutboxItem,
  place: SaidPlace,
): TemplateResult {
  const note = html`<p class="unsent"><span class="late">${sessionWords().sending}</span></p>`;
  const message = { id: clientToken, content, at: "", ...(attachments && { attachments }) };
  return html`<article class="turn" data-testid="unsent" data-status=${status}>
    ${renderSaid(message, place, { note })}
  </article>`;
}
