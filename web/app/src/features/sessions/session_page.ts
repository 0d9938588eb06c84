import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Attachment } from "../../api/attachments.ts";
import type { Written } from "../../api/drafts.ts";
import { forkBefore } from "../../api/messages.ts";
import { cancelTurn, retryTurn, switchProvider } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { Composer, SendEvent } from "./composer.ts";
import "../approvals/session_approvals.ts";
import "./composer.ts";
import { composerWords } from "./composer_words.ts";
import type { Turn, UserMessage } from "./conversation.ts";
import { FileDrop } from "./file_drop.ts";
import { whyNoImages } from "./image_refusal.ts";
import type { ImageTrays } from "./image_trays.ts";
import { ImageTray, TRAY_PORTS } from "./image_upload.ts";
import type { ImageEvent } from "./image_view.ts";
import { imageWords } from "./image_words.ts";
import type { TakeOutEvent } from "./message_queue.ts";
import "./message_queue.ts";
import { OpenSession } from "./open_session.ts";
import { sessionPageStyles } from "./page_styles.ts";
import type { SwitchEvent } from "./provider_switch.ts";
import { providerWords } from "./provider_words.ts";
import { lastStarted } from "./queue.ts";
import type { SessionHead } from "./session_head.ts";
import "./session_head.ts";
import { SessionKeys } from "./session_keys.ts";
import { activityOf, titleOf } from "./session_words.ts";
import type { Timeline } from "./timeline.ts";
import "./timeline.ts";
import type { TurnEvent } from "./turn_event.ts";
import { answerOf } from "./turn_view.ts";
import { sessionWords } from "./words.ts";

/** A message that is written anew: which, the token under which the copy is asked for, and its images. */
interface Editing {
  readonly before: string;
  readonly token: string;
  readonly images: ImageTray;
}

/** One session: its title, its conversation, what waits, and where to write. */
@customElement("atrium-session-page")
export class SessionPage extends SignalElement {
  static override styles = [controls, sessionPageStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) trays!: ImageTrays;
  @property({ attribute: false }) sessionId = "";

  @state() private isBusy = false;
  @state() private editing: Editing | undefined;
  @state() private isHolding = false;
  @query("atrium-session-head") private head!: SessionHead;
  @query("atrium-timeline") private timeline!: Timeline;
  @query("atrium-composer") private composer!: Composer | null;
  #open: OpenSession | undefined;

  constructor() {
    super();
    new FileDrop(this, () => this.composer);
    new SessionKeys(this, {
      find: () => this.find(),
      isFinding: () => this.#open?.find.isOpen.peek() ?? false,
      leaveFind: () => this.timeline.leaveFind(),
      isEditing: () => this.editing !== undefined,
      leaveEditing: () => this.#leaveEditing(),
      isRunning: () => this.#open?.isRunning ?? false,
      isWriting: () => (this.composer?.written.trim() ?? "") !== "",
      hold: (isHolding) => {
        this.isHolding = isHolding;
      },
      cancel: () => this.#cancel(),
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Without it the session is whole but for its choices: a page of an older build may not find it.
    import("./session_choices.ts").catch(() => undefined);
    if (this.#open) this.#reopen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#open?.stop();
  }

  /** Let the person find something in the conversation. */
  find(): void {
    void this.timeline.find();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("sessionId")) this.#reopen();
  }

  protected override updated(changed: PropertyValues): void {
    if (this.#open) document.title = `${titleOf(this.#open.title)} · Atrium`;
    if (changed.has("sessionId")) this.#focusComposer();
    if (this.#open?.isGone.value) queueMicrotask(() => this.#leave());
  }

  protected override render(): TemplateResult {
    const open = this.#open;
    if (!open) return html``;
    return html`
      <atrium-session-head
        .sessionId=${open.id}
        .sessionTitle=${open.title}
        ?reachable=${this.hub.isLive}
        .words=${this.#words(open)}
        .hub=${this.hub}
        .providerId=${open.session?.providerId ?? ""}
        @switchprovider=${this.#onSwitch}
        .elsewhere=${open.elsewhere.value}
        @find=${() => this.find()}
      ></atrium-session-head>
      <atrium-timeline
        .hub=${this.hub}
        .open=${open}
        ?busy=${this.isBusy}
        @turn=${this.#onTurn}
        @openimage=${this.#onImage}
        @leavefind=${this.#focusComposer}
      ></atrium-timeline>
      <div class="foot">
        <atrium-session-approvals .hub=${this.hub} .sessionId=${open.id}></atrium-session-approvals>
        <atrium-message-queue .hub=${this.hub} .open=${open} ?busy=${this.isBusy} @takeout=${this.#onTakeOut}></atrium-message-queue>
        ${this.#renderComposer(open)}
      </div>
    `;
  }

  #renderComposer(open: OpenSession): TemplateResult {
    if (open.session?.status === "stopped" || open.isStopped.value) {
      const words = sessionWords();
      return html`<p class="stopped">${words.sessionStopped} <a href="/new">${words.newSession}</a></p>`;
    }
    const { session } = open;
    return html`
      <atrium-composer
        .texts=${this.hub.texts}
        .draftKey=${this.editing ? editKey(open.id) : draftKey(open.id)}
        .images=${this.editing?.images ?? open.images}
        .imagesRefused=${whyNoImages(this.hub.providers.all.value, session?.providerId)}
        .label=${composerWords().writeMessage}
        ?reachable=${this.hub.isLive}
        ?running=${open.isRunning}
        ?busy=${this.editing !== undefined && (this.isBusy || !this.hub.isLive)}
        ?holding=${this.isHolding && open.isRunning}
        @send=${this.#send}
        @cancel=${this.#cancel}
        @draft=${this.#onDraft}
        @editlast=${this.#editLast}
      >
        ${this.#renderAbove(open)}
        ${
          session
            ? html`<atrium-session-choices
              .hub=${this.hub}
              .session=${session}
              ?reachable=${this.hub.isLive}
              ><span class="hint">${this.hub.providers.labelOf(session.providerId)}</span></atrium-session-choices
            >`
            : html`<span></span>`
        }
      </atrium-composer>
    `;
  }

  #renderAbove(open: OpenSession): TemplateResult | "" {
    const words = composerWords();
    if (this.editing) {
      return html`<p slot="above" class="strip" role="status" data-testid="editing">
        <span>${words.editing}</span>
        <button type="button" class="quiet" data-testid="leave-editing" @click=${this.#leaveEditing}>${words.leaveEditing}</button>
      </p>`;
    }
    if (!open.drafts.other.value) return "";
    return html`<p slot="above" class="strip" role="status" data-testid="other-draft">
      <span>${words.otherDraft}</span>
      <button type="button" class="quiet" data-testid="take-draft" @click=${() => open.drafts.takeOther()}>${words.takeDraft}</button>
      <button type="button" class="quiet" data-testid="keep-draft" @click=${() => open.drafts.keepMine()}>${words.keepMine}</button>
    </p>`;
  }

  #words(open: OpenSession): string {
    const { session } = open;
    const asksPerson = this.hub.approvals.of(open.id).length > 0;
    return session && this.hub.isLive ? (activityOf(session, asksPerson)?.words ?? "") : "";
  }

  #reopen(): void {
    this.#open?.stop();
    this.#open = new OpenSession(this.sessionId, this.hub, this.trays, (written) => this.#showDraft(written));
    this.editing = undefined;
    this.isBusy = false;
    this.isHolding = false;
    this.#open.start();
  }

  #leave(): void {
    const open = this.#open;
    if (!open || !this.isConnected || open.id !== this.sessionId) return;
    this.#open = undefined;
    open.stop();
    const words = sessionWords();
    const wasHere = open.session !== undefined || open.feed.conversation.value.isDeleted;
    this.hub.notices.say(wasHere ? words.wasDeleted(titleOf(open.title)) : words.noSuchSession);
    this.hub.sessionList.forget(open.id);
    open.forgetTexts();
    this.hub.router.go("/", "replace");
  }

  #focusComposer(): void {
    if (matchMedia("(pointer: fine)").matches) this.composer?.focus();
  }

  #send({ content, attachments }: SendEvent): void {
    const open = this.#open;
    if (!open || !this.composer) return;
    this.isHolding = false;
    if (this.editing) {
      void this.#resend(content, attachments, this.editing);
      return;
    }
    const { revision } = open.drafts;
    this.composer.clear();
    open.drafts.sent();
    open.outbox.add(content, {
      ...(revision !== undefined && { draftRevision: revision }),
      ...(attachments.length > 0 && { attachments }),
    });
    this.timeline.toEnd();
  }

  /** Begin a copy of the session that ends before the message, with other words in its place, and go there. */
  async #resend(content: string, attachments: readonly Attachment[], editing: Editing): Promise<void> {
    const source = this.sessionId;
    const { before, token } = editing;
    await this.#attempt(sessionWords().notSent, async () => {
      const id = await forkBefore(source, before, content, { clientToken: token, attachments });
      if (this.sessionId !== source) return;
      this.#leaveEditing();
      this.hub.router.go(sessionPath(id));
    });
  }

  #onDraft(): void {
    this.isHolding = false;
    if (!this.editing) this.#open?.drafts.wrote();
  }

  #showDraft({ text, attachments }: Written): void {
    this.#open?.images.replace(attachments);
    if (this.composer && !this.editing) this.composer.replace(text);
    else this.hub.texts.set(draftKey(this.sessionId), text);
  }

  #cancel(): void {
    this.isHolding = false;
    void this.#attempt(sessionWords().turnNotCancelled, () => cancelTurn(this.sessionId));
  }

  #onSwitch({ providerId }: SwitchEvent): void {
    this.#switch(providerId, lastStarted(this.#open?.split.peek().said ?? [])?.status === "failed");
  }

  #switch(providerId: string, isToRetry: boolean): void {
    const { sessionList } = this.hub;
    void this.#attempt(providerWords().notSwitched, async () =>
      sessionList.put(await switchProvider(this.sessionId, providerId, isToRetry)),
    );
  }

  #onTurn({ step, turn, providerId }: TurnEvent): void {
    const words = sessionWords();
    switch (step) {
      case "retry":
      case "retryWithoutImages": {
        const isWithout = step !== "retry";
        void this.#attempt(words.turnNotRetried, () => retryTurn(this.sessionId, turn.id, isWithout));
        break;
      }
      case "cancel":
        void this.#attempt(words.turnNotCancelled, () => cancelTurn(this.sessionId, turn.id));
        break;
      case "quote":
        this.composer?.quote(answerOf(turn));
        break;
      case "switch":
        if (providerId) this.#switch(providerId, turn.status === "failed");
        else this.head.chooseProvider();
        break;
      case "edit":
        this.#edit(turn);
    }
  }

  #onTakeOut({ what, toEdit }: TakeOutEvent): void {
    if ("item" in what) this.#takeBack(this.#open?.outbox.withdraw(what.item.clientToken), toEdit);
    else void this.#takeOut(what.turn, toEdit);
  }

  async #takeOut(turn: Turn, toEdit: boolean): Promise<void> {
    const cancel = (): Promise<void> => cancelTurn(this.sessionId, turn.id);
    if (await this.#attempt(sessionWords().turnNotCancelled, cancel)) this.#takeBack(turn.message, toEdit);
  }

  #takeBack(message: Pick<UserMessage, "content" | "attachments"> | undefined, toEdit: boolean): void {
    if (!message || !toEdit) return;
    if (this.editing) this.#leaveEditing();
    const { content, attachments = [] } = message;
    this.#open?.images.restore(attachments);
    void this.updateComplete.then(() => this.composer?.restore(content));
  }

  /** The last message that waits is taken back; with none that waits, the last one that was said is written anew. */
  #editLast(): void {
    const { queued, said } = this.#open?.split.peek() ?? { queued: [], said: [] };
    const waiting = queued.at(-1);
    const last = said.findLast(({ message }) => message !== undefined);
    if (!this.hub.isLive || this.isBusy || this.editing) return;
    if (waiting) void this.#takeOut(waiting, true);
    else if (last) this.#edit(last);
  }

  #edit(turn: Turn): void {
    if (!turn.message) return;
    const { content, offset, attachments } = turn.message;
    this.hub.texts.set(editKey(this.sessionId), content);
    const images = new ImageTray(this.sessionId, { ...TRAY_PORTS, keep: () => undefined }, attachments);
    this.editing = { before: offset, token: randomId(), images };
    void this.updateComplete.then(() => this.composer?.focus());
  }

  #leaveEditing(): void {
    this.hub.texts.set(editKey(this.sessionId), "");
    this.editing?.images.clear();
    this.editing = undefined;
    void this.updateComplete.then(() => this.#focusComposer());
  }

  /** Open the large view, with all images that are read of the conversation; it is loaded when it is first asked for. */
  async #onImage({ attachment }: ImageEvent): Promise<void> {
    const said = this.#open?.split.peek().said ?? [];
    const known = said.flatMap(({ message }) => message?.attachments ?? []);
    const images = known.includes(attachment) ? known : [attachment];
    try {
      const { openImage } = await import("./image_dialog.ts");
      openImage(this.sessionId, images, images.indexOf(attachment));
    } catch (error) {
      this.hub.notices.fail(imageWords().viewNotOpened, error);
    }
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
}

function draftKey(id: string): string {
  return `draft.${id}`;
}

function editKey(id: string): string {
  return `edit.${id}`;
}
