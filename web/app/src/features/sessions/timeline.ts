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
import type { OpenSession } from "./open_session.ts";
import type { OutboxItem } from "./outbox.ts";
import { proseStyles } from "./prose_styles.ts";
import { RowWindow } from "./row_window.ts";
import { TimelineRows } from "./timeline_rows.ts";
import { renderSaid, renderTurn } from "./turn_view.ts";

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
        overflow-anchor: none;
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

  @state() private isAway = false;
  @state() private now = Date.now();
  @query(".scroller") private scroller!: HTMLElement;
  @query(".column") private column!: HTMLElement;
  #window: RowWindow | undefined;
  #rows = new TimelineRows();
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    this.#close();
  }

  /** Go to the newest entry and stay there. */
  toEnd(): void {
    this.#window?.toEnd();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("open")) this.#close();
  }

  protected override updated(): void {
    this.#window?.settle(this.column);
  }

  protected override firstUpdated(): void {
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="scroller" tabindex="-1">
        <div
          class="column"
          role="feed"
          aria-label="Conversation"
          aria-busy=${String(this.open.running.value !== undefined)}
          data-testid="conversation"
          @click=${this.#onClick}>
          ${this.#renderRows()}
        </div>
        ${this.#renderNote()}
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

  #renderRows(): unknown {
    const { turns } = this.open.feed.conversation.value;
    const unsent = this.open.outbox.items.value;
    const rows = this.#rows.of(turns, unsent);
    if (!this.hasUpdated || rows.length === 0) return "";
    this.#window ??= new RowWindow(this.scroller, () => this.#moved());
    const drawn = this.#window.show(rows);
    const said = turns.slice(drawn.from, drawn.to);
    const waiting = unsent.slice(
      Math.max(0, drawn.from - turns.length),
      Math.max(0, drawn.to - turns.length),
    );
    return html`
      <div class="before"></div>
      ${repeat(
        [...said, ...waiting],
        (row) => ("parts" in row ? row.id : row.clientToken),
        (row, place) => html`<div class="row" data-index=${drawn.from + place}>
          ${"parts" in row ? this.#renderTurn(row, turns) : this.#renderUnsent(row)}
        </div>`,
      )}
      <div class="after"></div>
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

  #renderNote(): unknown {
    const { phase, problem } = this.open.feed;
    const { kind } = this.hub.connection.state.value;
    if (
      phase.value === "waiting" ||
      (phase.value === "loading" && kind !== "live" && kind !== "connecting")
    ) {
      const reason = problem.value?.detail ?? "The hub does not answer.";
      return html`<p class="note" role="status">The conversation cannot be read yet. ${sentence(reason)} It is tried again until it can.</p>`;
    }
    if (
      phase.value === "ready" &&
      this.open.feed.conversation.value.turns.length === 0 &&
      this.open.outbox.items.value.length === 0
    ) {
      return html`<p class="note">Nothing has been said yet. Write the first message below.</p>`;
    }
    return "";
  }

  #tick(): void {
    if (this.open.running.peek()) this.now = Date.now();
  }

  #moved(): void {
    this.isAway = this.#window?.isAway ?? false;
    this.requestUpdate();
  }

  #close(): void {
    this.#window?.stop();
    this.#window = undefined;
    this.isAway = false;
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
