import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { controls } from "./controls.ts";

/** `live` alone has the accent: something goes on right now. */
export type Tone = "live" | "positive" | "warning" | "danger" | "muted";

/** A state: a dot and, in the slot, its word. */
@customElement("atrium-status")
export class StatusWord extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        font-size: var(--size-12);
        line-height: 1.3;
        text-wrap: balance;
        font-variant-numeric: tabular-nums;
        color: var(--text-muted);
      }

      :host([tone="live"]) .dot {
        color: var(--accent);
      }

      :host([tone="positive"]) .dot {
        color: var(--positive);
      }

      :host([tone="warning"]),
      :host([tone="warning"]) .dot {
        color: var(--warning);
      }

      :host([tone="danger"]),
      :host([tone="danger"]) .dot {
        color: var(--danger);
      }
    `,
  ];

  @property({ reflect: true }) tone: Tone = "muted";

  protected override render(): TemplateResult {
    return html`<span class="dot"></span><span><slot></slot></span>`;
  }
}
