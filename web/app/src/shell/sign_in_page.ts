import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { copyFrom } from "../design/clipboard.ts";
import { controls } from "../design/controls.ts";

const COMMAND = "atrium open";

/** Says how this browser gets in. Fires `check` when the person wants it tried again. */
@customElement("atrium-sign-in-page")
export class SignInPage extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        padding: clamp(32px, 18vh, 160px) 24px 32px;
        height: 100%;
        overflow: auto;
        background: var(--surface);
      }

      main {
        max-width: 26rem;
        margin: 0 auto;
        display: grid;
        gap: 16px;
        font-size: var(--size-16);
        line-height: 1.5;
      }

      .name {
        font-size: var(--size-14);
        font-weight: 600;
        color: var(--text-muted);
      }

      h1 {
        font-size: var(--size-20);
        font-weight: 600;
        line-height: 1.3;
        letter-spacing: -0.01em;
      }

      .command {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        padding: 4px 4px 4px 16px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-control);
        background: var(--surface-raised);
        font: 500 var(--size-14) / 1.4 var(--font-mono);
      }

      .command button {
        font-family: var(--font-text);
      }

      .note {
        font-size: var(--size-14);
        color: var(--text-muted);
      }

      .problem {
        padding-left: 12px;
        border-left: 2px solid var(--warning);
        font-size: var(--size-14);
      }

      .again {
        justify-self: start;
      }
    `,
  ];

  /** Why the link that led here did not work. */
  @property({ attribute: false }) problem: string | undefined;

  protected override render(): TemplateResult {
    return html`
      <main data-testid="sign-in">
        <p class="name">Atrium</p>
        <h1>This browser is not signed in</h1>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ""}
        <p>On the computer where the hub runs, open a terminal and run:</p>
        <div class="command">
          <code>${COMMAND}</code>
          <button type="button" class="quiet" @click=${this.#copy}>Copy</button>
        </div>
        <p class="note">It prints a link that works once. Nothing has to be typed here.</p>
        <button type="button" class="plain again" @click=${() => this.dispatchEvent(new Event("check"))}>
          Check again
        </button>
      </main>
    `;
  }

  #copy(event: MouseEvent): void {
    void copyFrom(event.currentTarget as HTMLButtonElement, COMMAND);
  }
}
