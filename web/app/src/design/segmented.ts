import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { controls } from "./controls.ts";

/** One of the choices of a segmented control. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A few choices side by side, one of them taken: radio buttons of the browser. Fires `change`; read `value`. */
@customElement("atrium-segmented")
export class Segmented extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: inline-block;
        max-width: 100%;
      }

      fieldset {
        display: inline-flex;
        flex-wrap: wrap;
        gap: 2px;
        min-width: 0;
        margin: 0;
        padding: 2px;
        border: 0;
        border-radius: 8px;
        background: var(--selected);
      }

      label {
        position: relative;
        display: flex;
        align-items: center;
        justify-content: center;
        min-height: calc(var(--control) - 4px);
        padding: 0 12px;
        border-radius: var(--radius-control);
        font-size: var(--size-13);
        font-weight: 500;
        color: var(--text-muted);
        cursor: pointer;
      }

      label:hover {
        color: var(--text);
      }

      label:has(:checked) {
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: 0 0 0 1px var(--line);
      }

      label:has(:focus-visible) {
        outline: 2px solid var(--focus);
        outline-offset: 1px;
      }

      label:has(:disabled) {
        cursor: default;
      }

      @media (forced-colors: active) {
        label:has(:checked) {
          outline: 2px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) choices: readonly Choice[] = [];
  @property() value = "";
  @property() label = "";
  @property({ type: Boolean }) disabled = false;

  protected override render(): TemplateResult {
    return html`
      <fieldset ?disabled=${this.disabled} @change=${this.#onChange}>
        <legend class="visually-hidden">${this.label}</legend>
        ${this.choices.map(
          ({ value, label }) => html`
            <label>
              <input class="visually-hidden" type="radio" name="choice" .value=${value} .checked=${value === this.value} />
              ${label}
            </label>
          `,
        )}
      </fieldset>
    `;
  }

  #onChange(event: Event): void {
    event.stopPropagation();
    this.value = (event.target as HTMLInputElement).value;
    this.dispatchEvent(new Event("change"));
  }
}
