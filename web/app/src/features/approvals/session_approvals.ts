import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { controls } from "../../design/controls.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./approval_card.ts";
import { approvalWords } from "./words.ts";

/** The questions of one session, where they hold it up. */
@customElement("atrium-session-approvals")
export class SessionApprovals extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }

      section {
        display: grid;
        gap: 8px;
        max-height: 60vh;
        margin-bottom: 8px;
        overflow-y: auto;
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) sessionId = "";

  protected override render(): TemplateResult {
    const open = this.hub.approvals.of(this.sessionId);
    if (open.length === 0) return html``;
    return html`
      <section aria-live="polite" aria-label=${approvalWords().waiting(open.length)}>
        ${repeat(
          open,
          ({ id }) => id,
          (approval) =>
            html`<atrium-approval inSession .hub=${this.hub} .approval=${approval}></atrium-approval>`,
        )}
      </section>
    `;
  }
}
