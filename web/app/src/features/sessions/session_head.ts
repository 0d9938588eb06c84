import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Pencil, Trash2 } from "lucide";
import { TITLE_LIMIT } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { titleOf } from "./session_words.ts";

/** A title a person chose. */
export class RenameEvent extends Event {
  constructor(readonly title: string) {
    super("rename");
  }
}

/** The session's title and what can be done with the session. Fires `rename` (`RenameEvent`) and `delete`. */
@customElement("atrium-session-head")
export class SessionHead extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 4px;
        min-height: 52px;
        padding: 0 12px 0 24px;
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
        margin: 0 auto 0 8px;
        font-size: var(--size-13);
        color: var(--text-muted);
      }

      input {
        flex: 1;
        max-width: 40rem;
        min-height: var(--control);
        margin: 0 auto 0 -9px;
        padding: 0 8px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-control);
        background: var(--surface-raised);
      }

      @media (max-width: 767px) {
        :host {
          padding: 0 4px 0 16px;
        }

        button span {
          display: none;
        }

        button {
          width: var(--control);
          padding: 0;
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

  @state() private isRenaming = false;
  @query("input") private field!: HTMLInputElement | null;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("sessionId")) this.isRenaming = false;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.isRenaming && changed.has("isRenaming" as never)) this.field?.select();
  }

  protected override render(): TemplateResult {
    return html`
      ${this.isRenaming ? this.#renderField() : html`<h1 title=${titleOf(this.sessionTitle)}>${titleOf(this.sessionTitle)}</h1><span class="state">${this.words}</span>`}
      <button type="button" class="quiet" data-testid="rename" title="Rename" ?hidden=${this.isRenaming} ?disabled=${!this.reachable} @click=${this.#begin}>
        ${icon(Pencil)}<span>Rename</span>
      </button>
      <button type="button" class="quiet" data-testid="delete" title="Delete" ?hidden=${this.isRenaming} ?disabled=${!this.reachable} @click=${() => this.dispatchEvent(new Event("delete"))}>
        ${icon(Trash2)}<span>Delete</span>
      </button>
    `;
  }

  #renderField(): TemplateResult {
    return html`<input
      aria-label="Title"
      data-testid="rename-input"
      maxlength=${TITLE_LIMIT}
      .value=${this.sessionTitle}
      @keydown=${this.#onKey}
      @blur=${this.#finish}
    />`;
  }

  #begin(): void {
    this.isRenaming = true;
  }

  #finish(): void {
    if (!this.isRenaming) return;
    const title = this.field?.value.trim() ?? "";
    this.isRenaming = false;
    if (title && title !== this.sessionTitle) this.dispatchEvent(new RenameEvent(title));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") this.#finish();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.isRenaming = false;
  }
}
