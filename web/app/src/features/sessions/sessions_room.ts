import { css, html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { Session } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import type { Route } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { ImageTrays } from "./image_trays.ts";
import type { ListActs } from "./list_menu.ts";
import type { ListState } from "./list_state.ts";
import "./new_session_page.ts";
import type { SessionDeeds } from "./session_deeds.ts";
import type { SessionDeedEvent } from "./session_head.ts";
import type { SessionListView } from "./session_list_view.ts";
import "./session_list_view.ts";
import type { SessionPage } from "./session_page.ts";
import type { TagsDialog, TagsEvent } from "./tags_dialog.ts";
import type { TitleConflictDialog } from "./title_conflict.ts";

const LATER_MS = 1_000;

/** Dialogs that most visits do without. */
const loadTags = (): Promise<unknown> => import("./tags_dialog.ts");
const loadConflict = (): Promise<unknown> => import("./title_conflict.ts");

const loadSession = (): Promise<unknown> => import("./session_page.ts");

/** The list of the sessions, and beside it the open one or a new one; on a phone one of the two. */
@customElement("atrium-sessions-room")
export class SessionsRoom extends SignalElement implements Room {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template: minmax(0, 1fr) / clamp(15.5rem, 24vw, 19rem) minmax(0, 1fr);
        min-height: 0;
      }

      atrium-session-list {
        padding-top: 8px;
      }

      .page {
        display: grid;
        min-width: 0;
        min-height: 0;
        border-inline-start: 1px solid var(--line);
      }

      @media (max-width: 767px) {
        :host {
          grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        }

        .page {
          border: 0;
        }

        .away {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) list!: ListState;
  @property({ attribute: false }) deeds!: SessionDeeds;
  @property({ attribute: false }) trays!: ImageTrays;
  @property({ attribute: false }) place: Place = { path: "/", params: {} };
  @query("atrium-session-list") private view!: SessionListView | null;
  @query("atrium-tags-dialog") private tags!: TagsDialog;
  @query("atrium-title-conflict") private conflict!: TitleConflictDialog;
  @query(".page > *") private page!: HTMLElement | null;
  #shownRoute: Route["name"] | undefined;

  readonly #acts: ListActs = {
    pin: (sessions) => this.pin(sessions),
    rename: ({ id }, from, to) => void this.#rename(id, from, to),
    editTags: (sessions) => this.editTags(sessions),
    remove: (sessions) => this.deeds.remove(sessions),
  };

  /** The sessions that a deed is for. */
  get chosen(): readonly Session[] {
    return this.view?.chosen ?? [];
  }

  /** Move the focus along the list. */
  step(by: number): void {
    this.view?.step(by);
  }

  /** Go to the search field of the list. */
  search(): void {
    if (!this.isListShown) this.hub.router.go("/");
    void this.updateComplete.then(() => this.view?.search());
  }

  /** Whether a conversation is shown. */
  get isReading(): boolean {
    return this.hub.router.route.peek().name === "session";
  }

  /** Let something be found in the conversation. */
  find(): void {
    (this.renderRoot.querySelector("atrium-session-page") as SessionPage | null)?.find?.();
  }

  /** Whether there is room for the list beside the page. */
  get isListShown(): boolean {
    return this.view?.checkVisibility() ?? false;
  }

  /** Pin sessions, or unpin them if all are pinned. */
  pin(sessions: readonly Session[]): void {
    void this.deeds.togglePin(sessions);
  }

  /** Let the title of the chosen session be written in its place. */
  rename(): void {
    this.view?.rename();
  }

  /** Let the tags of sessions be edited. */
  editTags(sessions: readonly Session[]): void {
    if (sessions.length > 0) void this.#withDialog(loadTags, () => this.tags.edit(sessions));
  }

  /** Select the chosen session, or take it out of the selection. */
  select(): void {
    this.view?.select();
  }

  protected override firstUpdated(): void {
    // The list does not wait for what conversations need, and the first one that is opened has it already.
    setTimeout(() => void loadSession().catch(() => undefined), LATER_MS);
  }

  protected override updated(): void {
    const { name } = this.hub.router.route.value;
    if (name === "new" && this.#shownRoute !== name) this.page?.focus();
    if (name === "session")
      loadSession().catch((error: unknown) => this.hub.features.fail("sessions", error));
    this.#shownRoute = name;
    if (name !== "session") document.title = "Atrium";
  }

  protected override render(): TemplateResult {
    const route = this.hub.router.route.value;
    return html`
      <atrium-session-list
        class=${route.name === "list" ? "" : "away"}
        .hub=${this.hub}
        .list=${this.list}
        .acts=${this.#acts}
      ></atrium-session-list>
      <div class=${route.name === "list" ? "page away" : "page"} @session-deed=${this.#onDeed}>
        ${
          route.name === "session"
            ? html`<atrium-session-page .hub=${this.hub} .trays=${this.trays} .sessionId=${route.id}></atrium-session-page>`
            : html`<atrium-new-session-page .hub=${this.hub} .images=${this.trays.ofNew}></atrium-new-session-page>`
        }
      </div>
      <atrium-tags-dialog .known=${this.list.facets.value.tags.map(({ value }) => value)} @tags=${this.#onTags}></atrium-tags-dialog>
      <atrium-title-conflict></atrium-title-conflict>
    `;
  }

  #onTags({ sessions, added, removed }: TagsEvent): void {
    void this.deeds.tag(sessions, added, removed);
  }

  #onDeed(event: SessionDeedEvent): void {
    const { sessionId, deed } = event;
    const session = this.hub.sessionList.find(sessionId);
    if (deed !== "delete") event.done = this.#rename(sessionId, deed.from, deed.to);
    else if (session) this.deeds.remove([session]);
  }

  /** Rename a session; when it was renamed elsewhere meanwhile, ask which title it is to have. */
  async #rename(id: string, from: string, to: string): Promise<void> {
    const conflict = await this.deeds.rename(id, from, to);
    if (!conflict) return;
    const isMine = await this.#withDialog(loadConflict, () => this.conflict.ask(conflict));
    if (isMine) await this.#rename(id, conflict.theirs, to);
  }

  /** Do something with a dialog that is loaded for it; a page of an older build may not find it. */
  async #withDialog<T>(load: () => Promise<unknown>, use: () => Promise<T>): Promise<T | undefined> {
    try {
      await load();
    } catch (error) {
      this.hub.notices.fail(shellWords().notLoaded, error);
      return undefined;
    }
    return await use();
  }
}
