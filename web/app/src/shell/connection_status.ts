import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { HubConnection } from "../connection/connection.ts";
import { type ConnectionState, connectionWords } from "../connection/connection_state.ts";
import type { Tone } from "../design/status_word.ts";
import "../design/status_word.ts";
import { SignalElement } from "../state/signal_element.ts";

const TONES: Readonly<Record<ConnectionState["kind"], Tone>> = {
  live: "live",
  connecting: "warning",
  restarting: "warning",
  offline: "danger",
  signedOut: "muted",
};

/** Says how the page stands with the hub. */
@customElement("atrium-connection-status")
export class ConnectionStatus extends SignalElement {
  static override styles = css`
    :host {
      display: block;
    }

    @media (min-width: 768px) {
      /* Beside its dot, what is longer than the one word of every day does not fit into the rail. */
      [data-state]:not([data-state="live"]) atrium-status {
        flex-direction: column;
        gap: 4px;
        text-align: center;
      }
    }
  `;

  @property({ attribute: false }) connection!: HubConnection;

  protected override render(): TemplateResult {
    const state = this.connection.state.value;
    return html`
      <span role="status" data-testid="connection-state" data-state=${state.kind}>
        <atrium-status tone=${TONES[state.kind]}>${connectionWords(state)}</atrium-status>
      </span>
    `;
  }
}
