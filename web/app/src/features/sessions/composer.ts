import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ArrowUp, Square } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";
import { SignalElement } from "../../state/signal_element.ts";

/** What a person sends. */
export class SendEvent extends Event {
  constructor(readonly content: string) {
    super("send");
  }
}

/** Where a person writes. Keeps its draft; fires `send` (`SendEvent`) and `cancel`. */
@customElement("atrium-composer")
export class Composer extends SignalElement {
  static override shadowRootOptions = { ...SignalElement.shadowRootOptions, delegatesFocus: true };

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }

      form {
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        transition: border-color var(--quick);
      }

      form:focus-within {
        border-color: var(--focus);
      }

      .grow {
        display: grid;
        max-height: min(40vh, 20rem);
        overflow-y: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
      }

      .grow::after {
        content: attr(data-text) " ";
        visibility: hidden;
        pointer-events: none;
      }

      textarea,
      .grow::after {
        grid-area: 1 / 1;
        min-width: 0;
        padding: 12px 16px 4px;
        border: 0;
        background: none;
        font: 400 var(--size-16) / 1.5 var(--font-text);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }

      textarea {
        resize: none;
        overflow: hidden;
        outline: none;
      }

      textarea:focus-visible {
        outline: none;
      }

      textarea::placeholder {
        color: var(--text-muted);
        opacity: 1;
      }

      .foot {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 4px 8px 8px 16px;
        min-height: var(--control);
        font-size: var(--size-13);
        color: var(--text-muted);
      }

      ::slotted(*) {
        flex: 1;
        min-width: 0;
      }

      .cancel:enabled {
        color: var(--text);
      }

      @media (max-width: 767px), (pointer: coarse) {
        kbd {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) texts!: KeyedTexts;
  /** What the draft is kept under. */
  @property({ attribute: false }) draftKey = "";
  @property({ attribute: false }) label = "Message";
  /** Whether there is a turn to cancel. */
  @property({ type: Boolean }) running = false;
  /** Whether the hub can be asked to cancel now. */
  @property({ type: Boolean }) reachable = true;
  /** Whether sending must wait for the last one. */
  @property({ type: Boolean }) busy = false;

  @state() private text = "";
  @query("textarea") private field!: HTMLTextAreaElement;

  /** Put a text in, in front of what is there. */
  restore(text: string): void {
    this.#write(this.text ? `${text}\n${this.text}` : text);
    this.focus();
  }

  /** Put a text in as a quotation, behind what is there. */
  quote(text: string): void {
    const quotation = text.replace(/^/gm, "> ");
    this.#write(`${this.text.trimEnd()}${this.text.trim() ? "\n\n" : ""}${quotation}\n\n`);
    this.focus();
  }

  override focus(): void {
    void this.updateComplete.then(() => this.field.focus());
  }

  /** Forget the text: it was taken. */
  clear(): void {
    this.#write("");
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("draftKey")) this.text = this.texts.get(this.draftKey);
  }

  protected override render(): TemplateResult {
    return html`
      <form @submit=${this.#send}>
        <div class="grow" data-text=${this.text}>
          <textarea
            rows="1"
            aria-label=${this.label}
            placeholder=${this.label}
            data-testid="composer"
            enterkeyhint="send"
            .value=${this.text}
            @input=${() => this.#write(this.field.value)}
            @keydown=${this.#onKey}
          ></textarea>
        </div>
        <div class="foot">
          <slot></slot>
          ${
            this.running
              ? html`<button type="button" class="plain cancel" data-testid="cancel" ?disabled=${!this.reachable} @click=${this.#cancel}>
                  ${icon(Square)}Cancel<kbd>Esc</kbd>
                </button>`
              : ""
          }
          <button
            type="submit"
            class="primary square"
            aria-label="Send"
            title="Send (Enter)"
            data-testid="send"
            ?disabled=${this.busy || !this.text.trim()}
          >
            ${icon(ArrowUp)}
          </button>
        </div>
      </form>
    `;
  }

  #write(text: string): void {
    this.text = text;
    this.texts.set(this.draftKey, text);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send(event);
  }

  #send(event: Event): void {
    event.preventDefault();
    if (this.text.trim() && !this.busy)
      this.dispatchEvent(new SendEvent(this.text.replace(/^\s*\n|\s+$/g, "")));
  }

  #cancel(): void {
    this.dispatchEvent(new Event("cancel"));
  }
}
