import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { controls } from "../../design/controls.ts";

/** Asks before a session is deleted, since that cannot be undone. Fires `confirm`. */
@customElement("atrium-confirm-delete")
export class ConfirmDelete extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: min(24rem, calc(100vw - 32px));
        padding: 24px;
        border: 0;
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: var(--elevation);
      }

      dialog::backdrop {
        background: var(--shade);
      }

      h2 {
        font-size: var(--size-16);
        font-weight: 600;
        line-height: 1.3;
      }

      p {
        margin-top: 8px;
        font-size: var(--size-14);
        color: var(--text-muted);
        overflow-wrap: anywhere;
      }

      .steps {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        margin-top: 24px;
      }
    `,
  ];

  @property({ attribute: false }) name = "";
  @query("dialog") private dialog!: HTMLDialogElement;

  /** Ask. */
  ask(): void {
    this.dialog.showModal();
  }

  /** Whether the question stands. */
  get isOpen(): boolean {
    return this.dialog?.open ?? false;
  }

  protected override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="question" aria-describedby="consequence" @click=${this.#onClick} data-testid="delete-dialog">
        <h2 id="question">Delete this session?</h2>
        <p id="consequence">“${this.name}” disappears from every screen. It cannot be undone.</p>
        <div class="steps">
          <button type="button" class="quiet" autofocus @click=${() => this.dialog.close()}>Keep it</button>
          <button type="button" class="destructive" data-testid="confirm-delete" @click=${this.#confirm}>Delete</button>
        </div>
      </dialog>
    `;
  }

  #confirm(): void {
    this.dialog.close();
    this.dispatchEvent(new Event("confirm"));
  }

  #onClick(event: MouseEvent): void {
    if (event.target === this.dialog && !this.#isInside(event)) this.dialog.close();
  }

  #isInside({ clientX, clientY }: MouseEvent): boolean {
    const box = this.dialog.getBoundingClientRect();
    return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
  }
}
