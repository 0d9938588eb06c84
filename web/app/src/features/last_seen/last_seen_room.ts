import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ref } from "lit/directives/ref.js";
import type { Session } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import "../../design/empty_state.ts";
import { fullTime, shortTime } from "../../design/times.ts";
import type { Hub } from "../../state/hub.ts";
import type { SeenConversation, SeenList, SeenMessage } from "../../state/last_seen.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { codeStyles } from "../sessions/code_styles.ts";
import { MarkdownView } from "../sessions/markdown_view.ts";
import { proseStyles } from "../sessions/prose_styles.ts";
import { lastSeenStyles } from "./last_seen_styles.ts";
import { lastSeenWords } from "./words.ts";

/** Code and formulas stay as they were written: their libraries are not needed to read. */
const PLAIN = {
  colours: {
    show: (element: Element, code: string): void => {
      element.textContent = code;
    },
  },
  math: { show: (): void => {} },
};

/** The sessions as this browser last saw them, to be read while the hub is away. Nothing here can be changed. */
@customElement("atrium-last-seen-room")
export class LastSeenRoom extends SignalElement {
  static override styles = [controls, proseStyles, codeStyles, lastSeenStyles];

  @property({ attribute: false }) hub!: Hub;
  @state() private list: SeenList | undefined;
  @state() private conversation: SeenConversation | undefined;
  /** The session that was looked for; `""` for none, `undefined` while the store is being read. */
  @state() private read: string | undefined;

  protected override willUpdate(): void {
    const route = this.hub.router.route.value;
    const wanted = route.name === "session" ? route.id : "";
    if (this.read !== wanted) void this.#read(wanted);
  }

  protected override render(): TemplateResult {
    const route = this.hub.router.route.value;
    if (this.read === undefined) return html``;
    if (!this.list) return this.#renderNothing();
    return html`
      <nav class=${route.name === "session" ? "away" : ""} aria-label=${lastSeenWords().sessions}>
        ${this.#renderList(this.list)}
      </nav>
      <div class=${route.name === "session" ? "page" : "page away"} data-testid="last-seen" tabindex="0" role="region"
        aria-label=${lastSeenWords().sessions}>
        ${route.name === "session" ? this.#renderPage() : html`<atrium-empty>${lastSeenWords().choose}</atrium-empty>`}
      </div>
    `;
  }

  #renderList({ sessions, seenAt }: SeenList): TemplateResult {
    return html`
      <p class="note">${lastSeenWords().seenAt(moment(seenAt))}</p>
      <ul role="list">${sessions.map((session) => this.#renderItem(session))}</ul>
    `;
  }

  #renderItem({ id, metadata, updatedAt }: Session): TemplateResult {
    const route = this.hub.router.route.value;
    const isOpen = route.name === "session" && route.id === id;
    return html`
      <li>
        <a href=${sessionPath(id)} data-testid="seen-item" aria-current=${isOpen ? "page" : "false"}>
          <span class="title" dir="auto">${metadata.title || lastSeenWords().untitled}</span>
          <time datetime=${updatedAt} title=${fullTime(updatedAt)}>${shortTime(updatedAt, Date.now())}</time>
        </a>
      </li>
    `;
  }

  #renderPage(): TemplateResult {
    const words = lastSeenWords();
    if (!this.conversation) {
      return html`<atrium-empty heading=${words.notKept}>${words.notKeptNote}</atrium-empty>`;
    }
    const { session, seenAt, messages } = this.conversation;
    const isWhole = messages.length >= session.messageCount;
    return html`
      <header>
        <h1 dir="auto">${session.metadata.title || words.untitled}</h1>
        <p class="note">${words.mayBeOld(moment(seenAt))} ${isWhole ? nothing : words.onlyTheEnd}</p>
      </header>
      <article>${messages.map((message) => renderMessage(message))}</article>
    `;
  }

  #renderNothing(): TemplateResult {
    const words = lastSeenWords();
    return html`
      <div class="nothing" data-testid="last-seen">
        <atrium-empty heading=${words.nothing}>${words.nothingNote}</atrium-empty>
      </div>
    `;
  }

  async #read(wanted: string): Promise<void> {
    const { lastSeen } = this.hub;
    const [list, conversation] = await Promise.all([lastSeen.list(), lastSeen.conversation(wanted)]);
    this.list = list;
    this.conversation = wanted ? conversation : undefined;
    this.read = wanted;
  }
}

function renderMessage({ role, content, createdAt }: SeenMessage): TemplateResult {
  const words = lastSeenWords();
  const isSaid = role === "user";
  return html`
    <section class=${isSaid ? "said" : ""}>
      <p class="by">
        <span>${isSaid ? words.you : words.answer}</span>
        <time datetime=${createdAt} title=${fullTime(createdAt)}>${shortTime(createdAt, Date.now())}</time>
      </p>
      ${
        isSaid
          ? html`<div class="words" data-testid="message" data-role="user">${content}</div>`
          : html`<div class="prose" data-testid="message" data-role="assistant" ${ref((element) => typeset(element, content))}></div>`
      }
    </section>
  `;
}

function typeset(element: Element | undefined, content: string): void {
  if (!element) return;
  element.replaceChildren();
  new MarkdownView(element, PLAIN).show(content, true);
}

function moment(at: number): string {
  return shortTime(new Date(at).toISOString(), Date.now());
}
