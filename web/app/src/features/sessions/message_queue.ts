import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Pencil, X } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { problemText } from "../../language/problems.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { Turn } from "./conversation.ts";
import { imageWords, textWithImages } from "./image_words.ts";
import type { OpenSession } from "./open_session.ts";
import type { OutboxItem } from "./outbox.ts";
import { sessionWords } from "./words.ts";

/** A message to be taken out of the queue; `toEdit` when its text is wanted back in the composer. */
export class TakeOutEvent extends Event {
  constructor(
    readonly what: { readonly turn: Turn } | { readonly item: OutboxItem },
    readonly toEdit: boolean,
  ) {
    super("takeout");
  }
}

/** The messages that wait for their turn, and those that wait here for the hub. Fires `takeout` (`TakeOutEvent`). */
@customElement("atrium-message-queue")
export class MessageQueue extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }

      section {
        padding: 8px 0;
      }

      .head {
        padding: 0 16px 4px;
        font-size: var(--size-12);
        color: var(--text-muted);
      }

      ul + .head {
        padding-top: 8px;
      }

      .head strong {
        font-weight: 500;
        color: var(--text);
      }

      ul {
        max-height: min(24vh, 12rem);
        margin: 0;
        padding: 0;
        overflow-y: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
        list-style: none;
      }

      li {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: var(--control);
        padding-inline: 16px 8px;
        border-radius: var(--radius-control);
      }

      li:hover {
        background: var(--hover);
      }

      .text {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        font-size: var(--size-14);
        line-height: 1.3;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .state {
        flex: 0 1 auto;
        font-size: var(--size-12);
        color: var(--text-muted);
      }

      .refused {
        flex-wrap: wrap;
        padding-block: 4px;
      }

      .refused .state {
        flex-basis: 100%;
        order: 1;
        color: var(--danger);
      }

      li button {
        flex: none;
        width: 28px;
        min-height: 28px;
        padding: 0;
      }

      li button.wide {
        width: auto;
        margin-inline-start: 4px;
        padding: 0 8px;
        color: var(--text);
      }

      @media (max-width: 767px), (pointer: coarse) {
        li button {
          width: 44px;
          min-height: 44px;
        }

        .head {
          padding-inline: 8px;
        }

        li {
          padding-inline: 8px 0;
          flex-wrap: wrap;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) open!: OpenSession;
  @property({ type: Boolean }) busy = false;

  protected override render(): TemplateResult {
    const queued = this.open.queued.value;
    const held = this.open.held.value;
    if (queued.length + held.length === 0) return html``;
    const words = sessionWords();
    return html`<section aria-label=${words.queue} data-testid="queue">
      ${queued.length > 0 ? this.#renderHead(queued.length, this.#reason()) : ""}
      <ul role="list">
        ${repeat(
          queued,
          ({ id }) => id,
          (turn) => this.#renderQueued(turn),
        )}
      </ul>
      ${held.length > 0 ? this.#renderHead(held.length, this.hub.isLive ? words.notInQueueYet : words.waitingForHub) : ""}
      <ul role="list">
        ${repeat(
          held,
          ({ clientToken }) => clientToken,
          (item) => this.#renderHeld(item),
        )}
      </ul>
    </section>`;
  }

  #renderHead(count: number, reason: string): TemplateResult {
    return html`<p class="head" role="status"><strong>${sessionWords().messages(count)}</strong> ${reason}</p>`;
  }

  #reason(): string {
    const words = sessionWords();
    if (!this.hub.isLive) return words.waitedInHub;
    return this.open.blocker.value === "interrupted" ? words.waitingForChoice : words.waitingForAnswer;
  }

  #renderQueued(turn: Turn): TemplateResult {
    const take = (toEdit: boolean): void => void this.dispatchEvent(new TakeOutEvent({ turn }, toEdit));
    const content = textWithImages(turn.message?.content ?? "", turn.message?.attachments);
    return html`<li data-testid="turn" data-status="queued" data-turn-id=${turn.id}>
      <span class="text" title=${content} data-testid="message" data-role="user">${content}</span>
      ${this.hub.isLive ? this.#renderSteps(take, this.busy) : ""}
    </li>`;
  }

  /** What may have been stored already cannot be taken back before the hub says whether it was. */
  #renderHeld(item: OutboxItem): TemplateResult {
    const take = (toEdit: boolean): void => void this.dispatchEvent(new TakeOutEvent({ item }, toEdit));
    const isRefused = item.status === "refused";
    const isInDoubt = !isRefused && item.wasTried === true;
    const content = textWithImages(item.content, item.attachments);
    return html`<li class=${isRefused ? "refused" : ""} data-testid="unsent" data-status=${item.status}>
      <span class="text" title=${content} data-testid="message" data-role="user">${content}</span>
      ${this.#renderState(item)}
      ${isInDoubt ? "" : this.#renderSteps(take, false)}
    </li>`;
  }

  #renderState(item: OutboxItem): TemplateResult | "" {
    const words = sessionWords();
    if (item.status === "refused") {
      const reason = item.problem ? problemText(item.problem) : "";
      return html`<span class="state" role="alert">${words.notAccepted} ${reason} ${this.#renderWithoutImages(item)}</span>`;
    }
    if (this.hub.isLive || !item.wasTried) return "";
    return html`<span class="state">${words.mayBeSent}</span>`;
  }

  /** A message that is only images is nothing without them. */
  #renderWithoutImages({ problem, content, clientToken }: OutboxItem): TemplateResult | "" {
    const isOffered = problem?.actions.some(({ id }) => id === "send_without_images") && content !== "";
    if (!isOffered) return "";
    const send = (): void => this.open.outbox.sendWithoutImages(clientToken);
    return html`<button type="button" class="plain wide" data-testid="without-images" @click=${send}>${imageWords().sendWithoutImages}</button>`;
  }

  #renderSteps(take: (toEdit: boolean) => void, isDisabled: boolean): TemplateResult {
    const words = sessionWords();
    return html`
      <button type="button" class="quiet" aria-label=${words.editQueued} title=${words.editQueued} data-testid="edit-queued" ?disabled=${isDisabled} @click=${() => take(true)}>
        ${icon(Pencil)}
      </button>
      <button type="button" class="quiet" aria-label=${words.withdraw} title=${words.withdraw} data-testid="withdraw" ?disabled=${isDisabled} @click=${() => take(false)}>
        ${icon(X)}
      </button>
    `;
  }
}
