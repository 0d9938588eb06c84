import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Plus } from "lucide";
import type { Session } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { Menu, MenuItem } from "../../design/menu.ts";
import "../../design/menu.ts";
import { MenuGestures } from "../../design/menu_gestures.ts";
import type { Hub } from "../../state/hub.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { ListCursor } from "./list_cursor.ts";
import type { QueryEvent } from "./list_filters.ts";
import { moveOf } from "./list_keyboard.ts";
import { type ListActs, menuOf } from "./list_menu.ts";
import { EVERYTHING, isAsking } from "./list_query.ts";
import type { ListRow } from "./list_rows.ts";
import type { ListSearch } from "./list_search.ts";
import "./list_search.ts";
import type { ListState } from "./list_state.ts";
import { renderNone, renderNotFound, renderWait } from "./list_states.ts";
import { ListWindow, type Placed } from "./list_window.ts";
import { listWords } from "./list_words.ts";
import { renderSelection } from "./selection_bar.ts";
import { sessionListStyles } from "./session_list_styles.ts";
import { type RowActs, type RowLook, renderRow } from "./session_row.ts";

const TICK_MS = 30_000;

/** The person's sessions, one line each: found, filtered, chosen by keys, pointer and touch. */
@customElement("atrium-session-list")
export class SessionListView extends SignalElement {
  static override styles = [controls, sessionListStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) list!: ListState;
  @property({ attribute: false }) acts!: ListActs;

  @state() private renaming: { readonly id: string; readonly from: string } | undefined;
  @state() private menuFor: readonly Session[] = [];
  @query(".list") private scroller!: HTMLElement;
  @query(".column") private column!: HTMLElement | null;
  /** Not there while there is nothing to search. */
  @query("atrium-list-search") private searchField!: ListSearch | null;
  @query("atrium-menu") private menu!: Menu;
  #window: ListWindow | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #rows: readonly ListRow[] = [];
  #placed: readonly Placed[] = [];
  /** Whether the focus was in a row before this update, or is to be there after it. */
  #wantsFocus = false;

  constructor() {
    super();
    new MenuGestures(this, (x, y, target) => this.#openMenu(x, y, target));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    if (this.hasUpdated) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#window?.stop();
    this.#window = undefined;
  }

  /** Go to the search field. */
  search(): void {
    this.searchField?.focus();
  }

  /** Move the focus along the list, from the open session when nothing in it has the focus. */
  step(by: number): void {
    const from = this.#focused ? this.list.cursor.at : this.#openId;
    this.#goTo((cursor) => cursor.step(this.#rows, by, from));
  }

  /** The sessions that a deed is for: the selected, else the one with the focus, else the open one. */
  get chosen(): readonly Session[] {
    const selected = this.#selected;
    if (selected.length > 0) return selected;
    const id = this.#focused ? this.list.cursor.at : this.#openId;
    const session = id === undefined ? undefined : this.hub.sessionList.find(id);
    return session ? [session] : [];
  }

  /** Select the session that a deed would be for, or take it out of the selection. */
  select(): void {
    const id = this.#focused ? this.list.cursor.at : this.#openId;
    if (id !== undefined) this.list.move((cursor) => cursor.toggle(id));
  }

  /** Let the title of the chosen session be written in its place. */
  rename(): void {
    const [session, ...others] = this.chosen;
    if (session && others.length === 0) this.#beginToRename(session);
  }

  protected override firstUpdated(): void {
    this.#open();
    this.scroller.scrollTop = this.list.scrollTop;
  }

  protected override willUpdate(): void {
    this.#wantsFocus ||= this.shadowRoot?.activeElement?.matches("a.item") ?? false;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.column && this.#window) this.#window.place(this.column, this.#placed);
    if (changed.has("renaming" as never)) {
      this.#field?.focus({ preventScroll: true });
      this.#field?.select();
    }
    if (this.#wantsFocus && !this.renaming) this.#focusRow();
    this.#wantsFocus = false;
  }

  protected override render(): TemplateResult {
    void this.list.moves.value;
    const all = this.list.all.value;
    const query = this.list.query.value;
    return html`
      <nav aria-label=${listWords().sessions} @keydown=${this.#onKey}>
        <a class="new" href="/new" data-testid="new-session" aria-keyshortcuts="n">
          ${icon(Plus)}<span>${listWords().newSession}</span><kbd>N</kbd>
        </a>
        ${
          all.length > 0
            ? html`<atrium-list-search
                .query=${query}
                .values=${this.list.facets.value}
                @query=${(event: QueryEvent) => this.#ask(event)}
                @leave=${() => this.#goTo((cursor) => cursor.step(this.#rows, 1, undefined))}
                @open-first=${this.#openFirst}
              ></atrium-list-search>`
            : nothing
        }
        <div class="list" @scroll=${this.#onScroll}>${this.list.isKnown ? this.#renderRows(all) : this.#renderWait()}</div>
        ${renderSelection(this.#selected, this.hub.isLive, {
          ...this.acts,
          clear: () => this.#clearSelection(),
        })}
      </nav>
      <atrium-menu .items=${this.#menuItems()}></atrium-menu>
    `;
  }

  #renderWait(): TemplateResult {
    const { connection, sessionList } = this.hub;
    return renderWait(sessionList.problem.value, connection.state.value, () => sessionList.tryAgain());
  }

  #renderRows(all: readonly Session[]): TemplateResult {
    const query = this.list.query.value;
    const shown = this.list.shown.value;
    const { cursor } = this.list;
    // While a title is written the rows stay where they are, so that what is typed goes where one looks.
    const rows = this.renaming ? this.#rows : this.list.rows.value;
    cursor.keep(this.#rows, rows);
    this.#rows = rows;
    const current = this.#currentIndex();
    this.#placed = this.#window?.show(rows, current) ?? [];
    return html`
      <ul role="list" class="column ${cursor.selected.size > 0 ? "selecting" : ""}" data-testid="session-list">
        ${repeat(
          this.#placed,
          ({ index }) => rows[index]?.key,
          ({ index }) => this.#renderLine(index, current),
        )}
      </ul>
      <p class="visually-hidden" role="status">${isAsking(query) ? listWords().found(shown.length) : ""}</p>
      ${all.length === 0 ? renderNone() : shown.length === 0 ? renderNotFound(query, this.#askForAll) : nothing}
    `;
  }

  #renderLine(index: number, current: number): TemplateResult {
    const row = this.#rows[index];
    if (row?.kind !== "session")
      return html`<li class="heading" data-index=${index}><h2>${row?.label}</h2></li>`;
    const session = this.hub.sessionList.find(row.key) ?? row.session;
    const { cursor } = this.list;
    const look: RowLook = {
      index,
      now: this.list.now.value,
      text: this.list.query.value.text,
      isOpen: this.#openId === row.key,
      isSelected: cursor.selected.has(row.key),
      isCurrent: index === current,
      renamedFrom: this.renaming?.id === row.key ? this.renaming.from : undefined,
      isLive: this.hub.isLive,
      asksPerson: this.hub.approvals.of(session.id).length > 0,
    };
    return renderRow(session, look, this.#actsOf(session));
  }

  #actsOf(session: Session): RowActs {
    const { id } = session;
    return {
      focused: () => this.list.move((cursor) => cursor.goTo(id)),
      picked: (event) => this.#pick(id, event.shiftKey),
      clicked: (event) => this.#clicked(event, id),
      menu: (button) => this.#toggleMenu(session, button),
      renamed: (title) => this.#renamed(session, title),
      renameEnded: () => this.#endRenaming(),
    };
  }

  get #selected(): readonly Session[] {
    const { selected } = this.list.cursor;
    return selected.size === 0 ? [] : this.list.all.value.filter(({ id }) => selected.has(id));
  }

  get #openId(): string | undefined {
    const route = this.hub.router.route.value;
    return route.name === "session" ? route.id : undefined;
  }

  /** Whether the focus is in a row. */
  get #focused(): boolean {
    return this.shadowRoot?.activeElement?.closest("li.row") != null;
  }

  get #field(): HTMLInputElement | null {
    return this.renderRoot.querySelector<HTMLInputElement>("input.rename");
  }

  /** The row that Tab reaches: the keyboard's, else the open session's, else the first. */
  #currentIndex(): number {
    const wanted = [this.list.cursor.at, this.#openId].filter((id) => id !== undefined);
    for (const id of wanted) {
      const index = this.#rows.findIndex(({ key }) => key === id);
      if (index >= 0) return index;
    }
    return this.#rows.findIndex(({ kind }) => kind === "session");
  }

  #open(): void {
    this.#window = new ListWindow(this.scroller, () => this.requestUpdate());
    this.requestUpdate();
  }

  #tick(): void {
    if (!document.hidden) this.list.now.value = Date.now();
  }

  #onScroll(): void {
    this.list.scrollTop = this.scroller.scrollTop;
  }

  #ask({ query }: QueryEvent): void {
    this.list.query.value = query;
    this.#window?.toStart();
  }

  readonly #askForAll = (): void => {
    this.list.query.value = EVERYTHING;
    this.search();
  };

  readonly #openFirst = (): void => {
    const row = this.#rows.find(({ kind }) => kind === "session");
    if (!row) return;
    this.list.move((cursor) => cursor.goTo(row.key));
    this.hub.router.go(sessionPath(row.key));
  };

  /** Move the cursor, and the focus with it. */
  #goTo(move: (cursor: ListCursor) => number): void {
    let index = -1;
    this.list.move((cursor) => {
      index = move(cursor);
    });
    if (index < 0) return;
    this.#window?.reveal(index);
    this.#wantsFocus = true;
    this.requestUpdate();
  }

  #focusRow(): void {
    const link = this.renderRoot.querySelector<HTMLElement>('a.item[tabindex="0"]');
    if (link && link !== this.shadowRoot?.activeElement) link.focus({ preventScroll: true });
  }

  #pick(id: string, isRange: boolean): void {
    this.list.move((cursor) => (isRange ? cursor.extendTo(this.#rows, id) : cursor.toggle(id)));
  }

  #clearSelection(): void {
    this.list.move((cursor) => cursor.clear());
    this.#wantsFocus = true;
  }

  /** With Shift a click selects as far as here; with a finger, once something is selected, it selects too. */
  #clicked(event: MouseEvent, id: string): void {
    const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
    if (!event.shiftKey && !(isTouch && this.list.cursor.selected.size > 0)) return;
    event.preventDefault();
    this.#pick(id, event.shiftKey);
  }

  #beginToRename({ id, metadata }: Session): void {
    if (!this.#rows.some(({ key }) => key === id)) this.list.query.value = EVERYTHING;
    void this.updateComplete.then(() => {
      this.list.move((cursor) => cursor.goTo(id));
      this.#window?.reveal(this.#currentIndex());
      this.renaming = { id, from: metadata.title ?? "" };
    });
  }

  #renamed(session: Session, written: string): void {
    const { renaming } = this;
    if (renaming?.id !== session.id) return;
    const title = written.trim();
    this.#endRenaming();
    if (title && title !== renaming.from) this.acts.rename(session, renaming.from, title);
  }

  #endRenaming(): void {
    this.#wantsFocus = this.#field === this.shadowRoot?.activeElement;
    this.renaming = undefined;
  }

  /** The menu of the selected when it is asked for at one of them, else of the one where it is asked for. */
  #setMenu(id: string): boolean {
    const selected = this.#selected;
    const session = this.hub.sessionList.find(id);
    if (!session) return false;
    this.menuFor = selected.some((known) => known.id === id) ? selected : [session];
    return true;
  }

  #openMenu(x: number, y: number, target: Element): boolean {
    const row = target.closest<HTMLElement>("li.row");
    const id = row?.dataset.id;
    if (!row || id === undefined || target instanceof HTMLInputElement || !this.#setMenu(id)) return false;
    void this.updateComplete.then(() =>
      this.menu.showAt(x, y, row.querySelector<HTMLElement>("a.item") ?? row),
    );
    return true;
  }

  #toggleMenu({ id }: Session, button: HTMLElement): void {
    if (this.#setMenu(id)) void this.updateComplete.then(() => this.menu.toggleAt(button));
  }

  #menuItems(): readonly MenuItem[] {
    const [first] = this.menuFor;
    const isSelected = first !== undefined && this.list.cursor.selected.has(first.id);
    return menuOf(this.menuFor, isSelected, this.hub.isLive, {
      ...this.acts,
      beginToRename: (session) => this.#beginToRename(session),
      select: ({ id }) => this.#pick(id, false),
    });
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.#focused || event.composedPath()[0] === this.#field) return;
    if (event.key === "Escape" && this.list.cursor.selected.size > 0) this.#clearSelection();
    else if (event.key === "Backspace" && this.hub.isLive) this.acts.remove(this.chosen);
    else {
      const move = moveOf(event);
      if (!move) return;
      this.#goTo((cursor) => move(cursor, this.#rows, this.#window?.page ?? 1));
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
