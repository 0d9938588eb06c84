import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { HubConnection } from "../connection/connection.ts";
import { connectionWords } from "../connection/connection_state.ts";
import { controls } from "../design/controls.ts";
import { withCode } from "../design/words.ts";
import { SignalElement } from "../state/signal_element.ts";
import { shellWords } from "./words.ts";

/** While the hub is away: a line above the room that says so, what it means, and what to do. */
@customElement("atrium-connection-note")
export class ConnectionNote extends SignalElement {
  static override styles = [
    controls,
    css`
      .note {
        display: flex;
        align-items: center;
        gap: 4px 16px;
        min-height: 40px;
        padding: 4px 16px;
        border-bottom: 1px solid var(--line);
        background: var(--surface);
        font-size: var(--size-13);
        line-height: 1.3;
      }

      p {
        flex: 1;
        padding: 4px 0;
        color: var(--text-muted);
      }

      strong {
        font-weight: 500;
        color: var(--text);
      }

      code {
        font: 500 var(--size-13) / 1.3 var(--font-mono);
        color: var(--text);
      }

      button {
        min-height: 28px;
      }

      @media (max-width: 767px) {
        button {
          min-height: var(--control);
        }
      }
    `,
  ];

  @property({ attribute: false }) connection!: HubConnection;

  protected override render(): TemplateResult | typeof nothing {
    const state = this.connection.state.value;
    if (state.kind !== "offline" && state.kind !== "restarting") return nothing;
    const words = shellWords();
    const isOffline = state.kind === "offline";
    const note = !isOffline ? words.restartingNote : state.isStopped ? words.stoppedNote : words.offlineNote;
    return html`
      <div class="note" data-testid="connection-note">
        <p><strong>${connectionWords(state)}.</strong> ${withCode(note)}</p>
        ${
          isOffline
            ? html`<button type="button" class="plain" @click=${() => this.connection.hurry()}>${words.tryNow}</button>`
            : nothing
        }
      </div>
    `;
  }
}
