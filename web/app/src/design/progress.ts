import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { controls } from "./controls.ts";
import { designWords } from "./words_of_design.ts";

/**
 * A wait: what it waits for, how far it is if that is known, and a way out. Waits under 300 ms are not shown.
 *
 * Fires `cancel` when it is `cancellable`.
 */
@customElement("atrium-progress")
export class Progress extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: 4px 12px;
        min-height: var(--control);
        font-size: var(--size-13);
        color: var(--text-muted);
        animation: appear 1ms 300ms both;
      }

      progress {
        grid-column: 1 / -1;
        appearance: none;
        width: 100%;
        height: 4px;
        border: 0;
        border-radius: 2px;
        overflow: hidden;
        background: var(--selected);
      }

      progress::-webkit-progress-bar {
        background: var(--selected);
      }

      progress::-webkit-progress-value {
        background: var(--accent);
      }

      progress::-moz-progress-bar {
        background: var(--accent);
      }

      @keyframes appear {
        from {
          visibility: hidden;
        }
      }
    `,
  ];

  /** What it waits for, in words. */
  @property() label = "";
  /** How far it is, from 0 to 1; not given when nobody knows. */
  @property({ type: Number }) value: number | undefined;
  @property({ type: Boolean }) cancellable = false;

  protected override render(): TemplateResult {
    const { value } = this;
    const percent = value === undefined ? "" : ` ${Math.round(value * 100)} %`;
    return html`
      <span role="status">${this.label}<span class="figures">${percent}</span></span>
      ${
        this.cancellable
          ? html`<button type="button" class="quiet" @click=${() => this.dispatchEvent(new Event("cancel"))}>
              ${designWords().cancel}
            </button>`
          : nothing
      }
      ${value === undefined ? nothing : html`<progress aria-label=${this.label} .value=${value} max="1"></progress>`}
    `;
  }
}
