import { css, html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { ChevronDown, ChevronUp, X } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { findWords } from "./find_words.ts";

/** What a person looks for. */
export class FindEvent extends Event {
  constructor(readonly wanted: string) {
    super("find");
  }
}

/** A step from match to match. */
export class FindStepEvent extends Event {
  constructor(readonly by: number) {
    super("step");
  }
}

/** Where a person says what to find. Fires `find` (`FindEvent`), `step` (`FindStepEvent`) and `close`. */
@customElement("atrium-find-bar")
export class FindBar extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }

      search {
        display: flex;
        align-items: center;
        gap: 4px;
        padding: 4px;
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        box-shadow: var(--elevation);
      }

      input {
        flex: 1;
        width: 14rem;
        min-width: 4rem;
        min-height: var(--control);
        padding: 0 8px;
        border: 0;
        background: none;
        font-size: var(--size-14);
      }

      input:focus-visible {
        outline: none;
      }

      search:has(input:focus-visible) {
        outline: 2px solid var(--focus);
        outline-offset: 0;
      }

      input::placeholder {
        color: var(--text-muted);
        opacity: 1;
      }

      .count {
        flex: none;
        min-width: 4.5rem;
        padding-inline-end: 4px;
        font-size: var(--size-12);
        text-align: end;
        color: var(--text-muted);
      }

      @media (max-width: 767px) {
        input {
          width: 100%;
          font-size: var(--size-16);
        }

        .count {
          min-width: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) wanted = "";
  /** Which match the person is at, from 0; -1 at none. */
  @property({ type: Number }) at = -1;
  @property({ type: Number }) total = 0;
  /** Whether earlier messages are still being read, so that there may be more. */
  @property({ type: Boolean }) reading = false;
  /** Whether the messages that are not here cannot be read now. */
  @property({ type: Boolean }) partial = false;
  @query("input") private field!: HTMLInputElement;

  override focus(): void {
    void this.updateComplete.then(() => this.field.select());
  }

  protected override render(): TemplateResult {
    const words = findWords();
    const isEmpty = this.total === 0;
    return html`
      <search aria-label=${words.find} @keydown=${this.#onKey}>
        <input
          aria-label=${words.find}
          placeholder=${words.find}
          autocomplete="off"
          spellcheck="false"
          enterkeyhint="search"
          data-testid="find"
          .value=${this.wanted}
          @input=${() => this.dispatchEvent(new FindEvent(this.field.value))}
        />
        <span class="count figures" role="status" data-testid="find-count">${this.#count()}</span>
        <button type="button" class="quiet square" aria-label=${words.previous} title=${words.previous} data-testid="find-previous" ?disabled=${isEmpty} @click=${() => this.#step(-1)}>
          ${icon(ChevronUp)}
        </button>
        <button type="button" class="quiet square" aria-label=${words.next} title=${words.next} data-testid="find-next" ?disabled=${isEmpty} @click=${() => this.#step(1)}>
          ${icon(ChevronDown)}
        </button>
        <button type="button" class="quiet square" aria-label=${words.close} title=${words.close} data-testid="find-close" @click=${this.#close}>
          ${icon(X)}
        </button>
      </search>
    `;
  }

  #count(): string {
    const words = findWords();
    if (!this.wanted.trim()) return this.reading ? words.reading : "";
    if (this.total === 0 && this.reading) return words.reading;
    if (this.total === 0) return this.partial ? words.nothingHere : words.nothing;
    return words.place(this.at + 1, this.total, this.reading || this.partial);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter") this.#step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(by: number): void {
    this.dispatchEvent(new FindStepEvent(by));
  }

  #close(): void {
    this.dispatchEvent(new Event("close"));
  }
}
