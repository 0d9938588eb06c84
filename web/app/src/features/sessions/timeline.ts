import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { ArrowDown, ArrowUp } from "lucide";
import { isRecord } from "../../api/problem.ts";
import { copyFrom } from "../../design/clipboard.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { hubWords } from "../../language/hub_words.ts";
import { currentLanguage } from "../../language/language.ts";
import { shellWords } from "../../shell/words.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { Announcer } from "./announcer.ts";
import { CodeColours } from "./code_colours.ts";
import { actOnFrame } from "./code_frame.ts";
import { codeStyles } from "./code_styles.ts";
import { isOpen, type Turn } from "./conversation.ts";
import { conversationStyles } from "./conversation_styles.ts";
import type { FindView } from "./find_view.ts";
import { MathView } from "./math_view.ts";
import type { OpenSession } from "./open_session.ts";
import { proseStyles } from "./prose_styles.ts";
import { lastStarted } from "./queue.ts";
import { type ReaderPlace, RowWindow } from "./row_window.ts";
import { renderLeaving, type SaidPlace } from "./said_view.ts";
import { renderInstead, renderTop } from "./timeline_notes.ts";
import { TimelineRows } from "./timeline_rows.ts";
import { timelineStyles } from "./timeline_styles.ts";
import { toolStyles } from "./tool_styles.ts";
import { TurnEvent } from "./turn_event.ts";
import { renderTurn } from "./turn_view.ts";
import { sessionWords } from "./words.ts";

const ROWS_AHEAD = 6;

const loadFinding = (): Promise<typeof import("./find_view.ts")> => import("./find_view.ts");

/** The conversation of a session, one column, growing at its end. Fires `turn` (`TurnEvent`) and `leavefind`. */
@customElement("atrium-timeline")
export class Timeline extends SignalElement {
  static override styles = [
    controls,
    conversationStyles,
    proseStyles,
    codeStyles,
    toolStyles,
    timelineStyles,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) open!: OpenSession;
  @property({ type: Boolean }) busy = false;

  @state() private isAway = false;
  @state() private isUnreadAbove = false;
  @state() private now = Date.now();
  /** What was opened in this conversation; a set that is replaced when it changes. */
  @state() private opened = new Set<string>();
  @query(".scroller") private scroller!: HTMLElement;
  @query(".column") private column!: HTMLElement;
  @query("atrium-find-bar") private findBar!: HTMLElement | null;
  #window: RowWindow | undefined;
  #rows = new TimelineRows();
  #announcer = new Announcer();
  #findView: FindView | undefined;
  #placeBefore: ReaderPlace;
  /** Whether the reader has been where the unread part begins. */
  #wasUnreadMet = false;
  #hadFocus = false;
  readonly #type = { colours: new CodeColours(), math: new MathView() };
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    // Nobody looks for anything in the first moment; what is missing is told when it is asked for.
    loadFinding().catch(() => undefined);
    this.#clock = setInterval(() => this.#tick(), 1_000);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.addEventListener("keydown", this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.removeEventListener("keydown", this.#onKey);
    this.#close();
  }

  /** Go to the newest entry and stay there. */
  toEnd(): void {
    this.#window?.toEnd();
  }

  /** Let the person find something. What is not read yet is read for it. */
  async find(): Promise<void> {
    const { find, feed } = this.open;
    if (!(await this.#canFind())) return;
    if (!find.isOpen.peek()) {
      this.#placeBefore = this.#window?.place;
      find.isOpen.value = true;
      if (find.wanted.peek()) this.#search(find.wanted.peek());
      void feed.readBack(() => !find.isOpen.peek());
    }
    await this.updateComplete;
    this.findBar?.focus();
  }

  /** Leave finding and bring the reader back to where they were. */
  leaveFind(): void {
    this.open.find.close();
    this.#window?.goTo(this.#placeBefore);
    this.dispatchEvent(new Event("leavefind"));
  }

  /** Go to the first answer that was not read when the session was opened. */
  async toUnread(): Promise<void> {
    const { feed, split, unread } = this.open;
    const isFirstKnown = (): boolean => unread.firstOf(split.peek().said) !== split.peek().said[0]?.id;
    await feed.readBack(isFirstKnown);
    await this.updateComplete;
    const { said } = split.peek();
    const first = unread.firstOf(said);
    this.#window?.reveal(
      said.findIndex(({ id }) => id === first),
      "start",
    );
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#hadFocus = Boolean(this.shadowRoot?.activeElement);
    if (!changed.has("open")) return;
    this.#close();
    this.opened = new Set();
    this.#announcer = new Announcer();
  }

  protected override updated(): void {
    const window = this.#window;
    if (!window) return;
    window.settle(this.column);
    // What had the focus may be out of sight and drawn no more: the keys go on reading from there.
    if (this.#hadFocus && !this.shadowRoot?.activeElement) this.scroller.focus({ preventScroll: true });
    this.#takeFirstMatch();
    if (this.#findView?.settle(this.column, this.scroller, window))
      requestAnimationFrame(() => this.requestUpdate());
    if (window.drawnFrom < ROWS_AHEAD && !this.open.feed.earlierProblem.peek())
      void this.open.feed.readEarlier();
    this.#noteRead();
  }

  protected override firstUpdated(): void {
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const words = sessionWords();
    const { find, unread } = this.open;
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label=${words.conversation}>
        <div
          class="column"
          role="log"
          aria-live="off"
          aria-label=${words.conversation}
          aria-busy=${String(this.open.isRunning)}
          data-testid="conversation"
          @click=${this.#onClick}>
          ${this.#renderRows()}
        </div>
        ${this.#renderInstead()}
      </div>
      <p class="visually-hidden" role="status" data-testid="announcement">${this.#announcement()}</p>
      ${
        this.isUnreadAbove
          ? html`<button type="button" class="over unread plain" data-testid="jump-to-unread" @click=${this.toUnread}>
              ${icon(ArrowUp)}${words.newAnswers(unread.count.value)}
            </button>`
          : ""
      }
      ${
        this.isAway
          ? html`<button type="button" class="over latest plain" data-testid="jump-to-latest" @click=${this.toEnd}>
              ${icon(ArrowDown)}${words.jumpToLatest}
            </button>`
          : ""
      }
      ${find.isOpen.value ? this.#renderFind() : ""}
    `;
  }

  #renderFind(): unknown {
    const { hasEarlier, earlierProblem } = this.open.feed;
    const isReading = hasEarlier.value && this.hub.isLive && !earlierProblem.value;
    return this.#findView?.renderBar(hasEarlier.value, isReading);
  }

  #renderRows(): unknown {
    const { said } = this.open.split.value;
    const leaving = this.open.leaving.value;
    const rows = this.#rows.of(said, leaving);
    if (!this.hasUpdated || rows.length === 0) return "";
    this.#window ??= new RowWindow(this.scroller, () => this.#moved());
    const drawn = this.#window.show(rows);
    const turns = said.slice(drawn.from, drawn.to);
    const unsent = leaving.slice(Math.max(0, drawn.from - said.length), Math.max(0, drawn.to - said.length));
    const unread = this.open.unread.firstOf(said);
    return html`
      ${renderTop(this.open.feed, this.#copyOf())}
      <div class="before"></div>
      ${repeat(
        [...turns, ...unsent],
        (row) => ("parts" in row ? row.id : row.clientToken),
        (row, place) => html`<div class="row" data-index=${drawn.from + place}>
          ${"parts" in row ? this.#renderTurn(row, said, row.id === unread) : renderLeaving(row, this.#place())}
        </div>`,
      )}
      <div class="after"></div>
    `;
  }

  #renderTurn(turn: Turn, turns: readonly Turn[], isFirstUnread: boolean): unknown {
    const isLast = turn === (lastStarted(turns) ?? turns.at(-1));
    const agent = this.#agentOf(turn);
    const isPreparing = this.hub.providers.find(this.#providerOf(turn))?.preparing === true;
    const now = isOpen(turn) ? this.now : 0;
    const isWaitedFor = this.open.session?.turn?.id === turn.id;
    const isLive = this.hub.isLive;
    const asked = turn.status === "running" ? this.hub.approvals.of(this.open.id).length : 0;
    const { hit } = this.open.find.current.value ?? {};
    const sought = hit?.turnId === turn.id ? hit.piece : undefined;
    const mayAskAgain = turn === turns.at(-1) && this.open.queued.value.length === 0;
    return guard(
      [
        turn,
        isLast,
        agent,
        isPreparing,
        this.busy,
        now,
        isWaitedFor,
        isLive,
        asked,
        this.opened,
        sought,
        mayAskAgain,
        isFirstUnread,
        currentLanguage(),
        hubWords(),
      ],
      () =>
        renderTurn(turn, {
          ...this.#place(sought),
          agent,
          isPreparing,
          isLast,
          isWaitedFor,
          asked,
          isFirstUnread,
          mayAskAgain,
          isBusy: this.busy || !isLive,
          ask: (step, providerId) => this.dispatchEvent(new TurnEvent(step, turn, providerId)),
          nameOf: (id) => this.hub.providers.nameOf(id),
        }),
    );
  }

  #place(sought?: string): SaidPlace {
    const opened = { has: (key: string) => this.opened.has(key), toggle: this.#toggle, sought };
    return { sessionId: this.open.id, now: this.now, isLive: this.hub.isLive, type: this.#type, opened };
  }

  #renderInstead(): unknown {
    const { kind } = this.hub.connection.state.value;
    const isEmpty =
      this.open.feed.conversation.value.turns.length === 0 && this.open.outbox.items.value.length === 0;
    return renderInstead(this.open.feed, kind !== "live" && kind !== "connecting", isEmpty);
  }

  #announcement(): string {
    const { feed } = this.open;
    if (feed.phase.value !== "ready") return "";
    const { turns } = feed.conversation.value;
    return this.#announcer.words(turns, this.#agentOf(turns.at(-1)));
  }

  #agentOf(turn: Turn | undefined): string {
    return this.hub.providers.nameOf(this.#providerOf(turn));
  }

  #providerOf(turn: Turn | undefined): string {
    return turn?.providerId ?? this.open.session?.providerId ?? "";
  }

  #copyOf(): string | undefined {
    const session: unknown = this.open.session;
    const source = isRecord(session) ? session.forkedFrom : undefined;
    return isRecord(source) && typeof source.sessionId === "string" ? source.sessionId : undefined;
  }

  /** Whether what finding takes is there, now that it is needed. */
  async #canFind(): Promise<boolean> {
    const { open } = this;
    try {
      const { FindView } = await loadFinding();
      if (open === this.open)
        this.#findView ??= new FindView(open.find, {
          search: (wanted) => this.#search(wanted),
          step: (by) => this.#stepTo(by),
          leave: () => this.leaveFind(),
        });
      return open === this.open;
    } catch (error) {
      this.hub.notices.fail(shellWords().notLoaded, error);
      return false;
    }
  }

  #search(wanted: string): void {
    this.open.find.search(wanted, this.#window?.firstInView ?? 0);
    this.#goToMatch();
  }

  /** What is looked for may be found only when more of the conversation was read. */
  #takeFirstMatch(): void {
    const { find } = this.open;
    if (!find.current.peek() && find.findings.peek().total > 0) this.#search(find.wanted.peek());
  }

  #stepTo(by: number): void {
    this.open.find.step(by);
    this.#goToMatch();
  }

  #goToMatch(): void {
    const match = this.open.find.current.peek();
    const index = this.open.split.peek().said.findIndex(({ id }) => id === match?.hit.turnId);
    this.#findView?.aim(match);
    if (index >= 0 && !this.#window?.isDrawn(index)) this.#window?.reveal(index);
    this.requestUpdate();
  }

  #tick(): void {
    if (this.open.running.peek()) this.now = Date.now();
  }

  #moved(): void {
    this.isAway = this.#window?.isAway ?? false;
    this.requestUpdate();
  }

  /** What the reader is at the end of, in a page that is shown, has been read. */
  #noteRead(): void {
    const { split, unread } = this.open;
    const { said } = split.peek();
    const first = said.findIndex(({ id }) => id === unread.firstOf(said));
    const isAbove = first >= 0 && (this.#window?.firstInView ?? 0) > first;
    this.isUnreadAbove = isAbove && !this.#wasUnreadMet;
    if (first >= 0 && !isAbove) this.#wasUnreadMet = true;
    if (!document.hidden && !this.isAway && this.hub.isLive) unread.seen(said);
  }

  #close(): void {
    this.#findView?.clear();
    this.#findView = undefined;
    this.#window?.stop();
    this.#window = undefined;
    this.isAway = false;
    this.isUnreadAbove = false;
    this.#wasUnreadMet = false;
  }

  readonly #toggle = (key: string): void => {
    this.#window?.hold();
    const opened = new Set(this.opened);
    if (!opened.delete(key)) opened.add(key);
    this.opened = opened;
  };

  readonly #onVisible = (): void => this.requestUpdate();

  readonly #onKey = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0];
    if (event.key !== "/" || event.ctrlKey || event.metaKey || target instanceof HTMLInputElement) return;
    event.preventDefault();
    void this.find();
  };

  #onClick(event: MouseEvent): void {
    const pressed = event.composedPath()[0];
    if (!(pressed instanceof Element)) return;
    if (pressed.closest("summary, [data-grows]")) this.#window?.hold();
    if (pressed instanceof HTMLButtonElement)
      actOnFrame(pressed, (button, text) => void copyFrom(button, text), this.opened);
  }
}
