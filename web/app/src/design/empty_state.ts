import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { controls } from "./controls.ts";

/** A place with nothing in it yet: what would be here, and in the slot `step` the one most likely thing to do. */
@customElement("atrium-empty")
export class EmptyState extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        justify-items: start;
        gap: 8px;
        max-width: 28rem;
        padding: 24px;
        font-size: var(--size-14);
        line-height: 1.5;
        color: var(--text-muted);
      }

      h2 {
        font-size: var(--size-14);
        font-weight: 600;
        color: var(--text);
      }

      ::slotted([slot="step"]) {
        margin-top: 8px;
      }
    `,
  ];

  @property() heading = "";

  protected override render(): TemplateResult {
    return html`<h2>${this.heading}</h2><p><slot></slot></p><slot name="step"></slot>`;
  }
}
