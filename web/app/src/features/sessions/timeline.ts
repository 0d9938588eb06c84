import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { ArrowDown } from "lucide";
import { copyFrom } from "../../design/clipboard.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { sentence } from "../../design/words.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { isOpen, type Turn } from "./conversation.ts";
import { conversationStyles } from "./conversation_styles.ts";
import { EndKeeper } from "./end_keeper.ts";
import type { OpenSession } from "./open_session.ts";
import type { OutboxItem } from "./outbox.ts";
import { proseStyles } from "./prose_styles.ts";
import { renderSaid, renderTurn } from "./turn_view.ts";

const PAGE = 40;

/** What a person wants done with a turn. */
export class TurnEvent extends Event {
  constructor(
    readonly step: "retry" | "cancel",
    readonly turnId: string,
  ) {
    super("turn", { bubbles: true, composed: true });
  }
}

/** The conversation of a session, one column, growing at its end. Fires `turn` (`TurnEvent`) and `restore`. */
@customElement("atrium-timeline")
export class Timeline extends SignalElement {
  static override styles = [
    controls,
    conversationStyles,
    proseStyles,
    css`
      :host {
        position: relative;
        display: block;
        min-height: 0;
      }

      .scroller {
        height: 100%;
        overflow: hidden auto;
        overscroll-behavior: contain;
        scrollbar-gutter: stable both-edges;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
      }

      @media (max-width: 767px) {
        .scroller {
          scrollbar-gutter: auto;
        }
      }

      .column {
        max-width: calc(var(--measure) + 2 * var(--gutter));
        margin: 0 auto;
        padding: 24px var(--gutter) 8px;
      }

      .earlier {
        display: block;
        margin: 0 auto 24px;
      }

      .latest {
        position: absolute;
        bottom: 12px;
        left: 50%;
        translate: -50% 0;
        box-shadow: var(--elevation);
      }

      .note {
        color: var(--text-muted);
        font-size: var(--size-14);
      }

      .unsent {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        margin-top: 4px;
        font-size: var(--size-12);
        color: var(--text-muted);
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) open!: OpenSession;
  @property({ type: Boolean }) busy = false;

  @state() private shown = PAGE;
  @state() private isAway = false;
  @state() private now = Date.now();
  @query(".scroller") private scroller!: HTMLElement;
  #keeper: EndKeeper | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    this.#keeper?.stop();
    this.#keeper = undefined;
  }

  /** Go to the newest entry and stay there. */
  toEnd(): void {
    this.#keeper?.toEnd();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("open")) return;
    this.shown = PAGE;
    this.#keeper?.toEnd();
  }

  protected override updated(): void {
    this.#keeper ??= new EndKeeper(this.scroller, (isAway) => {
      this.isAway = isAway;
    });
    this.#keeper.keep();
  }

  protected override render(): TemplateResult {
    const { turns } = this.open.feed.conversation.value;
    const hidden = Math.max(0, turns.length - this.shown);
    return html`
      <div class="scroller" tabindex="-1">
        <div
          class="column"
          role="log"
          aria-label="Conversation"
          aria-busy=${String(this.open.running.value !== undefined)}
          data-testid="conversation"
          @click=${this.#onClick}>
          ${hidden > 0 ? html`<button type="button" class="earlier quiet" @click=${this.#showEarlier}>Show ${hidden} earlier</button>` : ""}
          ${repeat(
            turns.slice(hidden),
            (turn) => turn.id,
            (turn) => this.#renderTurn(turn, turns),
          )}
          ${repeat(
            this.open.outbox.items.value,
            (item) => item.clientToken,
            (item) => this.#renderUnsent(item),
          )}
          ${this.#renderNote(turns.length)}
        </div>
      </div>
      ${
        this.isAway
          ? html`<button type="button" class="latest plain" data-testid="jump-to-latest" @click=${this.toEnd}>
              ${icon(ArrowDown)}Jump to latest
            </button>`
          : ""
      }
    `;
  }

  #renderTurn(turn: Turn, turns: readonly Turn[]): unknown {
    const isLast = isLastStarted(turn, turns);
    const agent = this.hub.providers.nameOf(turn.providerId ?? this.open.session?.providerId ?? "");
    const now = isOpen(turn) ? this.now : 0;
    const waitsFor = turn.status === "queued" ? blockerOf(turns) : undefined;
    const isWaitedFor = this.open.session?.turn?.id === turn.id;
    const isLive = this.hub.connection.state.value.kind === "live";
    return guard([turn, isLast, agent, this.busy, now, waitsFor, isWaitedFor, isLive], () =>
      renderTurn(turn, {
        agent,
        now: this.now,
        isLast,
        isWaitedFor,
        isLive,
        waitsFor,
        isBusy: this.busy || !isLive,
        ask: (step) => this.dispatchEvent(new TurnEvent(step, turn.id)),
      }),
    );
  }

  #renderUnsent(item: OutboxItem): TemplateResult {
    return html`<article class="turn" data-testid="unsent" data-status=${item.status}>
      ${renderSaid({ content: item.content, at: "" }, this.now, this.#unsentNote(item))}
    </article>`;
  }

  #unsentNote(item: OutboxItem): TemplateResult {
    if (item.status !== "refused") {
      const isLive = this.hub.connection.state.value.kind === "live";
      return html`<p class="unsent">${isLive ? "Sending" : "Kept here. Sent when the hub is back."}</p>`;
    }
    const edit = (): void =>
      void this.dispatchEvent(new RestoreEvent(this.open.outbox.withdraw(item.clientToken)));
    return html`<p class="unsent" role="alert">
      <span class="danger">Not accepted. ${sentence(item.problem?.detail || item.problem?.title || "")}</span>
      <button type="button" class="plain" @click=${edit}>Edit</button>
      <button type="button" class="quiet" @click=${() => this.open.outbox.withdraw(item.clientToken)}>Discard</button>
    </p>`;
  }

  #renderNote(count: number): unknown {
    const { phase, problem } = this.open.feed;
    const { kind } = this.hub.connection.state.value;
    if (
      phase.value === "waiting" ||
      (phase.value === "loading" && kind !== "live" && kind !== "connecting")
    ) {
      const reason = problem.value?.detail ?? "The hub does not answer.";
      return html`<p class="note" role="status">The conversation cannot be read yet. ${sentence(reason)} It is tried again until it can.</p>`;
    }
    if (phase.value === "ready" && count === 0 && this.open.outbox.items.value.length === 0) {
      return html`<p class="note">Nothing has been said yet. Write the first message below.</p>`;
    }
    return "";
  }

  #tick(): void {
    if (this.open.running.peek()) this.now = Date.now();
  }

  #showEarlier(): void {
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.shown += PAGE;
    void this.updateComplete.then(() => {
      this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    });
  }

  #onClick(event: MouseEvent): void {
    const button = event.composedPath()[0];
    if (!(button instanceof HTMLButtonElement) || button.dataset.copy !== "code") return;
    void copyFrom(button, button.closest("figure")?.querySelector("pre")?.textContent ?? "");
  }
}

/** A text the person wants back in the composer. */
export class RestoreEvent extends Event {
  constructor(readonly content: string) {
    super("restore");
  }
}

function blockerOf(turns: readonly Turn[]): "running" | "interrupted" | undefined {
  const status = turns.findLast((turn) => turn.status !== "queued")?.status;
  return status === "running" || status === "interrupted" ? status : undefined;
}

function isLastStarted(turn: Turn, turns: readonly Turn[]): boolean {
  return turns.findLast((known) => known.status !== "queued") === turn;
}
