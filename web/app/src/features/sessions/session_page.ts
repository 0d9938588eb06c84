import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ApiProblem } from "../../api/problem.ts";
import { cancelTurn, deleteSession, renameSession, retryTurn } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { Composer, SendEvent } from "./composer.ts";
import "./composer.ts";
import type { ConfirmDelete } from "./confirm_delete.ts";
import "./confirm_delete.ts";
import { OpenSession } from "./open_session.ts";
import { pageStyles } from "./page_styles.ts";
import type { RenameEvent } from "./session_head.ts";
import "./session_head.ts";
import { activityOf, titleOf } from "./session_words.ts";
import type { RestoreEvent, Timeline, TurnEvent } from "./timeline.ts";
import "./timeline.ts";
import { answerOf } from "./turn_view.ts";

/** One session: its title, its conversation, and where to write. */
@customElement("atrium-session-page")
export class SessionPage extends SignalElement {
  static override styles = [controls, pageStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) sessionId = "";

  @state() private isBusy = false;
  /** A title that was asked for, and the one it replaces: shown until the hub tells of either. */
  @state() private renaming: { readonly from: string; readonly to: string } | undefined;
  @query("atrium-timeline") private timeline!: Timeline;
  @query("atrium-composer") private composer!: Composer;
  @query("atrium-confirm-delete") private question!: ConfirmDelete;
  #open: OpenSession | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
    if (this.#open) this.#reopen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
    this.#open?.stop();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("sessionId")) this.#reopen();
  }

  protected override updated(changed: PropertyValues): void {
    if (this.#open) document.title = `${titleOf(this.#title(this.#open))} · Atrium`;
    if (changed.has("sessionId") && matchMedia("(pointer: fine)").matches) this.composer.focus();
    if (this.#open?.isGone.value) queueMicrotask(() => this.#leave());
  }

  protected override render(): TemplateResult {
    const open = this.#open;
    if (!open) return html``;
    const title = this.#title(open);
    return html`
      <atrium-session-head
        .sessionId=${open.id}
        .sessionTitle=${title}
        ?reachable=${this.hub.isLive}
        .words=${this.#words(open)}
        @rename=${this.#rename}
        @delete=${() => this.question.ask()}
      ></atrium-session-head>
      <atrium-timeline
        .hub=${this.hub}
        .open=${open}
        ?busy=${this.isBusy}
        @turn=${this.#onTurn}
        @restore=${(event: RestoreEvent) => this.composer.restore(event.content)}
      ></atrium-timeline>
      <div class="foot">${this.#renderComposer(open)}</div>
      <atrium-confirm-delete .name=${titleOf(title)} @confirm=${this.#delete}></atrium-confirm-delete>
    `;
  }

  #renderComposer(open: OpenSession): TemplateResult {
    if (open.session?.status === "stopped" || open.feed.conversation.value.isStopped) {
      return html`<p class="stopped">This session is stopped: it can be read, not continued. <a href="/new">New session</a></p>`;
    }
    const agent = open.session ? this.hub.providers.labelOf(open.session.providerId) : "";
    return html`
      <atrium-composer
        .texts=${this.hub.texts}
        .draftKey=${`draft.${open.id}`}
        .label=${"Write a message"}
        ?reachable=${this.hub.connection.state.value.kind === "live"}
        ?running=${open.running.value !== undefined}
        @send=${this.#send}
        @cancel=${this.#cancel}
      >
        <span class="hint">${agent}</span>
      </atrium-composer>
    `;
  }

  #title(open: OpenSession): string {
    return this.renaming?.from === open.title ? this.renaming.to : open.title;
  }

  #words(open: OpenSession): string {
    const { session } = open;
    return session && this.hub.isLive ? (activityOf(session)?.words ?? "") : "";
  }

  #reopen(): void {
    this.#open?.stop();
    this.#open = new OpenSession(this.sessionId, this.hub);
    this.renaming = undefined;
    this.isBusy = false;
    this.#open.start();
  }

  #leave(): void {
    const open = this.#open;
    if (!open || !this.isConnected || open.id !== this.sessionId) return;
    this.#open = undefined;
    open.stop();
    const wasHere = open.session !== undefined || open.feed.conversation.value.isDeleted;
    this.hub.notices.say(wasHere ? `“${titleOf(open.title)}” was deleted.` : "There is no such session.");
    this.hub.sessionList.forget(open.id);
    this.hub.router.go("/", "replace");
  }

  #send(event: SendEvent): void {
    this.composer.clear();
    this.#open?.outbox.add(event.content);
    this.timeline.toEnd();
  }

  #cancel(): void {
    void this.#attempt("The turn was not cancelled.", () => cancelTurn(this.sessionId));
  }

  #onTurn({ step, turn }: TurnEvent): void {
    switch (step) {
      case "retry":
        void this.#attempt("The turn was not retried.", () => retryTurn(this.sessionId, turn.id));
        break;
      case "cancel":
        void this.#attempt("The turn was not cancelled.", () => cancelTurn(this.sessionId, turn.id));
        break;
      case "quote":
        this.composer.quote(answerOf(turn));
    }
  }

  async #rename({ title }: RenameEvent): Promise<void> {
    this.renaming = { from: this.#open?.title ?? "", to: title };
    const isDone = await this.#attempt("The session was not renamed.", () =>
      renameSession(this.sessionId, title),
    );
    if (!isDone) this.renaming = undefined;
  }

  async #delete(): Promise<void> {
    const id = this.sessionId;
    await this.#attempt("The session was not deleted.", async () => {
      await deleteSession(id).catch(ignoreMissing);
      this.hub.texts.set(`draft.${id}`, "");
      this.hub.texts.set(`outbox.${id}`, "");
    });
  }

  async #attempt(failure: string, step: () => Promise<void>): Promise<boolean> {
    this.isBusy = true;
    try {
      await step();
      return true;
    } catch (error) {
      this.hub.notices.fail(failure, error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    const isDialogOpen = this.question.isOpen;
    const isLive = this.hub.connection.state.value.kind === "live";
    if (!isDialogOpen && isLive && this.#open?.running.value) this.#cancel();
  };
}

/** A session that somebody else deleted first is deleted all the same. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiProblem) || error.problem.status !== 404) throw error;
}
