import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { ArrowDown } from "lucide";
import { copyFrom } from "../../design/clipboard.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { sentence } from "../../design/words.ts";
import { currentLanguage } from "../../language/language.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { CodeColours } from "./code_colours.ts";
import { actOnFrame } from "./code_frame.ts";
import { codeStyles } from "./code_styles.ts";
import { isOpen, type Turn } from "./conversation.ts";
import { conversationStyles } from "./conversation_styles.ts";
import { MathView } from "./math_view.ts";
import type { OpenSession } from "./open_session.ts";
import type { OutboxItem } from "./outbox.ts";
import { proseStyles } from "./prose_styles.ts";
import { RowWindow } from "./row_window.ts";
import { renderSaid } from "./said_view.ts";
import { TimelineRows } from "./timeline_rows.ts";
import { toolStyles } from "./tool_styles.ts";
import { renderTurn, type TurnStep } from "./turn_view.ts";
import { sessionWords } from "./words.ts";

/** What a person wants done with a turn. */
export class TurnEvent extends Event {
  constructor(
    readonly step: TurnStep,
    readonly turn: Turn,
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
    codeStyles,
    toolStyles,
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
  /** What was opened in this conversation; a set that is replaced when it changes. */
  @state() private opened: ReadonlySet<string> = new Set();
  @query(".scroller") private scroller!: HTMLElement;
  @query(".column") private column!: HTMLElement;
  #window: RowWindow | undefined;
  #rows = new TimelineRows();
  readonly #type = { colours: new CodeColours(), math: new MathView() };
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
    if (!changed.has("open")) return;
    this.#close();
    this.opened = new Set();
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
          aria-label=${sessionWords().conversation}
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
              ${icon(ArrowDown)}${sessionWords().jumpToLatest}
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
    return guard(
      [turn, isLast, agent, this.busy, now, waitsFor, isWaitedFor, isLive, this.opened, currentLanguage()],
      () =>
        renderTurn(turn, {
          agent,
          now: this.now,
          isLast,
          isWaitedFor,
          isLive,
          waitsFor,
          isBusy: this.busy || !isLive,
          opened: { has: (key) => this.opened.has(key), toggle: (key) => this.#toggle(key) },
          type: this.#type,
          ask: (step) => this.dispatchEvent(new TurnEvent(step, turn)),
        }),
    );
  }

  #renderUnsent(item: OutboxItem): TemplateResult {
    return html`<article class="turn" data-testid="unsent" data-status=${item.status}>
      ${renderSaid({ content: item.content, at: "" }, this.now, { note: this.#unsentNote(item) })}
    </article>`;
  }

  #unsentNote(item: OutboxItem): TemplateResult {
    const words = sessionWords();
    if (item.status !== "refused") {
      const isLive = this.hub.connection.state.value.kind === "live";
      return html`<p class="unsent">${isLive ? words.sending : words.keptHere}</p>`;
    }
    const edit = (): void =>
      void this.dispatchEvent(new RestoreEvent(this.open.outbox.withdraw(item.clientToken)));
    return html`<p class="unsent" role="alert">
      <span class="danger">${words.notAccepted} ${sentence(item.problem?.detail || item.problem?.title || "")}</span>
      <button type="button" class="plain" @click=${edit}>${words.edit}</button>
      <button type="button" class="quiet" @click=${() => this.open.outbox.withdraw(item.clientToken)}>${words.discard}</button>
    </p>`;
  }

  #renderNote(): unknown {
    const { phase, problem } = this.open.feed;
    const { kind } = this.hub.connection.state.value;
    const words = sessionWords();
    if (
      phase.value === "waiting" ||
      (phase.value === "loading" && kind !== "live" && kind !== "connecting")
    ) {
      const reason = problem.value?.detail ?? words.noAnswer;
      return html`<p class="note" role="status">${words.unreadable(sentence(reason))}</p>`;
    }
    if (
      phase.value === "ready" &&
      this.open.feed.conversation.value.turns.length === 0 &&
      this.open.outbox.items.value.length === 0
    ) {
      return html`<p class="note">${words.nothingSaid}</p>`;
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

  #toggle(key: string): void {
    this.#window?.hold();
    const opened = new Set(this.opened);
    if (!opened.delete(key)) opened.add(key);
    this.opened = opened;
  }

  #onClick(event: MouseEvent): void {
    const pressed = event.composedPath()[0];
    if (!(pressed instanceof Element)) return;
    if (pressed.closest("summary, [data-grows]")) this.#window?.hold();
    if (pressed instanceof HTMLButtonElement)
      actOnFrame(pressed, (button, text) => void copyFrom(button, text));
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
