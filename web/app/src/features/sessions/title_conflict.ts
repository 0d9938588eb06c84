import { html, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { controls } from "../../design/controls.ts";
import type { Dialog } from "../../design/dialog.ts";
import "../../design/dialog.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { listWords } from "./list_words.ts";
import type { TitleConflict } from "./session_deeds.ts";
import { titleOf } from "./session_words.ts";

/** Asks which of two titles a session is to have. Closing it keeps the one it has. */
@customElement("atrium-title-conflict")
export class TitleConflictDialog extends SignalElement {
  static override styles = [controls];

  @state() private conflict: TitleConflict | undefined;
  @query("atrium-dialog") private dialog!: Dialog;
  #choose: ((isMine: boolean) => void) | undefined;

  /** Ask. Returns whether the person wants their own title. */
  async ask(conflict: TitleConflict): Promise<boolean> {
    this.conflict = conflict;
    await this.updateComplete;
    this.dialog.show();
    return new Promise((resolve) => {
      this.#choose = resolve;
    });
  }

  protected override render(): TemplateResult {
    const words = listWords();
    const theirs = titleOf(this.conflict?.theirs);
    const mine = titleOf(this.conflict?.mine);
    return html`
      <atrium-dialog
        heading=${words.renamedElsewhere}
        data-testid="title-conflict"
        @keydown=${(event: Event) => event.stopPropagation()}
        @close=${() => this.#choose?.(false)}
      >
        ${words.renamedElsewhereNote(theirs, mine)}
        <button slot="steps" type="button" class="plain" autofocus data-testid="keep-theirs" @click=${() => this.dialog.close()}>
          ${words.keepTitle(theirs)}
        </button>
        <button slot="steps" type="button" class="primary" data-testid="use-mine" @click=${this.#useMine}>
          ${words.useTitle(mine)}
        </button>
      </atrium-dialog>
    `;
  }

  #useMine(): void {
    this.#choose?.(true);
    this.dialog.close();
  }
}
