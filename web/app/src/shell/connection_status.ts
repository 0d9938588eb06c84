import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { HubConnection } from "../connection/connection.ts";
import { connectionWords } from "../connection/connection_state.ts";
import { controls } from "../design/controls.ts";
import { SignalElement } from "../state/signal_element.ts";

/** Says how the page stands with the hub. */
@customElement("atrium-connection-status")
export class ConnectionStatus extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 4px;
        font-size: var(--size-12);
        font-variant-numeric: tabular-nums;
        color: var(--text-muted);
      }

      [role="status"] {
        display: flex;
        align-items: center;
        gap: 7px;
      }

      .live .dot {
        color: var(--accent);
      }

      .offline .dot {
        color: var(--danger);
      }

      .restarting .dot,
      .connecting .dot {
        color: var(--warning);
      }

      button {
        min-height: 28px;
        padding: 0 6px;
        font-size: var(--size-12);
        color: var(--accent);
      }
    `,
  ];

  @property({ attribute: false }) connection!: HubConnection;

  protected override render(): TemplateResult {
    const state = this.connection.state.value;
    const words = connectionWords(state);
    return html`
      <span role="status" class=${state.kind} data-testid="connection-state" data-state=${state.kind}>
        <span class="dot"></span>${words}
      </span>
      ${
        state.kind === "offline"
          ? html`<button type="button" class="quiet" @click=${() => this.connection.hurry()}>Try now</button>`
          : ""
      }
    `;
  }
}
