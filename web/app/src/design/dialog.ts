import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { controls } from "./controls.ts";

/**
 * A question or a form above the page, on the browser's own dialog. On a phone it comes from below.
 *
 * The default slot is its content, `steps` its buttons. Fires `close`, however it is closed.
 */
@customElement("atrium-dialog")
export class Dialog extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }

      dialog {
        width: min(var(--dialog-width, 24rem), calc(100vw - 32px));
        max-height: min(40rem, calc(100dvh - 32px));
        padding: 24px 24px 0;
        border: 0;
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: var(--elevation);
        overflow: auto;
      }

      dialog::backdrop {
        background: var(--shade);
      }

      h2 {
        font-size: var(--size-16);
        font-weight: 600;
        line-height: 1.3;
      }

      .content {
        margin-top: 8px;
        font-size: var(--size-14);
        color: var(--text-muted);
        overflow-wrap: anywhere;
      }

      .steps {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        position: sticky;
        bottom: 0;
        margin-top: 8px;
        padding: 16px 0 24px;
        background: var(--surface-raised);
      }

      @media (max-width: 767px) {
        dialog {
          width: 100%;
          max-width: none;
          margin-bottom: 0;
          border-end-start-radius: 0;
          border-end-end-radius: 0;
        }

        .steps {
          padding-bottom: max(24px, env(safe-area-inset-bottom));
        }
      }
    `,
  ];

  @property() heading = "";
  @query("dialog") private dialog!: HTMLDialogElement;

  /** Open it above everything else. */
  show(): void {
    if (!this.isOpen) this.dialog.showModal();
  }

  /** Close it; the focus goes back to where it was. */
  close(): void {
    this.dialog.close();
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.dialog?.open ?? false;
  }

  protected override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="heading" @click=${this.#onClick} @close=${() => this.dispatchEvent(new Event("close"))}>
        <h2 id="heading">${this.heading}</h2>
        <div class="content"><slot></slot></div>
        <div class="steps"><slot name="steps"></slot></div>
      </dialog>
    `;
  }

  #onClick(event: MouseEvent): void {
    if (event.composedPath()[0] !== this.dialog) return;
    const { left, right, top, bottom } = this.dialog.getBoundingClientRect();
    const { clientX, clientY } = event;
    if (clientX < left || clientX > right || clientY < top || clientY > bottom) this.close();
  }
}
