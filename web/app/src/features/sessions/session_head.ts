import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Ellipsis, Pencil, TextSearch, Trash2 } from "lucide";
import type { Follower } from "../../api/presence.ts";
import { TITLE_LIMIT } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { Menu, MenuItem } from "../../design/menu.ts";
import "../../design/menu.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { listWords } from "./list_words.ts";
import "./other_devices.ts";
import type { ProviderSwitch } from "./provider_switch.ts";
import "./provider_switch.ts";
import { titleOf } from "./session_words.ts";

/** Another title for a session, and the one that the person saw as they began to write. */
export interface Retitling {
  readonly from: string;
  readonly to: string;
}

/** What is to be done with a session, for the room that the head is in; whoever does it sets `done`. */
export class SessionDeedEvent extends Event {
  done: Promise<unknown> = Promise.resolve();

  constructor(
    readonly sessionId: string,
    readonly deed: Retitling | "delete",
  ) {
    super("session-deed", { bubbles: true, composed: true });
  }
}

/** The session's title and what can be done with the session. Fires `session-deed` (`SessionDeedEvent`) and `find`. */
@customElement("atrium-session-head")
export class SessionHead extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        container-type: inline-size;
        display: flex;
        align-items: center;
        gap: 4px;
        min-height: 52px;
        padding-block: 0;
        padding-inline: 24px 12px;
        border-bottom: 1px solid var(--line);
      }

      h1,
      input {
        min-width: 0;
        font-size: var(--size-14);
        font-weight: 600;
        line-height: 1.3;
      }

      h1 {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .state {
        flex: none;
        margin-block: 0;
        margin-inline: 8px auto;
        font-size: var(--size-13);
        color: var(--text-muted);
      }

      input {
        flex: 1;
        max-width: 40rem;
        min-height: var(--control);
        margin-block: 0;
        margin-inline: -9px auto;
        padding: 0 8px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-control);
        background: var(--surface-raised);
      }

      .more {
        display: none;
      }

      @container (max-width: 600px) {
        .deed {
          display: none;
        }

        .more {
          display: inline-flex;
        }
      }

      @media (max-width: 767px) {
        :host {
          padding-inline: 16px 4px;
        }

        h1 {
          font-size: var(--size-16);
        }

        .state {
          display: none;
        }

        h1 {
          flex: 1;
        }
      }
    `,
  ];

  @property({ attribute: false }) sessionId = "";
  @property({ attribute: false }) sessionTitle = "";
  /** Whether the hub answers, so that something can be done. */
  @property({ type: Boolean }) reachable = false;
  /** What the session does and who answers. */
  @property({ attribute: false }) words = "";
  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) providerId = "";
  /** The other devices that the session is open on. */
  @property({ attribute: false }) elsewhere: readonly Follower[] = [];

  @state() private isRenaming = false;
  /** A title that was asked for, and the one it replaces: shown until the hub tells of either. */
  @state() private renaming: Retitling | undefined;
  /** The title as it was when the person began to write another. */
  #from = "";
  @query("atrium-provider-switch") private switch!: ProviderSwitch;
  @query("atrium-menu") private menu!: Menu;
  @query("input") private field!: HTMLInputElement | null;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("sessionId")) return;
    this.isRenaming = false;
    this.renaming = undefined;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.isRenaming && changed.has("isRenaming" as never)) this.field?.select();
  }

  protected override render(): TemplateResult {
    const words = listWords();
    const title = titleOf(this.renaming?.from === this.sessionTitle ? this.renaming.to : this.sessionTitle);
    return html`
      ${this.isRenaming ? this.#renderField() : html`<h1 title=${title}>${title}</h1><span class="state">${this.words}</span>`}
      <atrium-provider-switch .hub=${this.hub} .providerId=${this.providerId} ?reachable=${this.reachable} ?hidden=${this.isRenaming}></atrium-provider-switch>
      <atrium-other-devices .followers=${this.elsewhere} ?hidden=${this.isRenaming}></atrium-other-devices>
      <button type="button" class="quiet square deed" data-testid="open-find" title=${words.findInConversation} aria-label=${words.findInConversation} ?hidden=${this.isRenaming} @click=${this.#find}>
        ${icon(TextSearch)}
      </button>
      <button type="button" class="quiet deed" data-testid="rename" title=${words.rename} ?hidden=${this.isRenaming} ?disabled=${!this.reachable} @click=${this.#begin}>
        ${icon(Pencil)}<span>${words.rename}</span>
      </button>
      <button type="button" class="quiet deed" data-testid="delete" title=${words.delete} ?hidden=${this.isRenaming} ?disabled=${!this.reachable} @click=${this.#delete}>
        ${icon(Trash2)}<span>${words.delete}</span>
      </button>
      <button
        type="button"
        class="quiet square more"
        data-testid="session-menu"
        aria-haspopup="menu"
        aria-expanded="false"
        aria-label=${words.more(title)}
        ?hidden=${this.isRenaming}
        @click=${(event: Event) => this.menu.toggleAt(event.currentTarget as HTMLElement)}
      >
        ${icon(Ellipsis)}
      </button>
      <atrium-menu .items=${this.#items()} label=${words.more(title)}></atrium-menu>
    `;
  }

  /** The buttons, where there is no room for them. */
  #items(): readonly MenuItem[] {
    const words = listWords();
    const isDisabled = !this.reachable;
    return [
      { label: words.findInConversation, icon: TextSearch, run: () => this.#find() },
      { label: words.rename, icon: Pencil, isDisabled, run: () => this.#begin() },
      { label: words.delete, icon: Trash2, isDangerous: true, isDisabled, run: () => this.#delete() },
    ];
  }

  /** Ask which provider answers from here on. */
  chooseProvider(): void {
    this.switch.choose();
  }

  #renderField(): TemplateResult {
    return html`<input
      aria-label=${listWords().title}
      data-testid="rename-input"
      maxlength=${TITLE_LIMIT}
      .value=${this.#from}
      @keydown=${this.#onKey}
      @blur=${this.#finish}
    />`;
  }

  #find(): void {
    this.dispatchEvent(new Event("find"));
  }

  #begin(): void {
    this.#from = this.sessionTitle;
    this.isRenaming = true;
  }

  #delete(): void {
    this.dispatchEvent(new SessionDeedEvent(this.sessionId, "delete"));
  }

  #finish(): void {
    if (!this.isRenaming) return;
    const title = this.field?.value.trim() ?? "";
    this.isRenaming = false;
    if (title && title !== this.#from) void this.#rename({ from: this.#from, to: title });
  }

  async #rename(retitling: Retitling): Promise<void> {
    this.renaming = retitling;
    const event = new SessionDeedEvent(this.sessionId, retitling);
    this.dispatchEvent(event);
    await event.done;
    if (this.renaming === retitling) this.renaming = undefined;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") this.#finish();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.isRenaming = false;
  }
}
