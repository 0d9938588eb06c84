import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { controls } from "../design/controls.ts";
import type { Dialog } from "../design/dialog.ts";
import "../design/dialog.ts";
import { keys } from "../design/keys.ts";
import { designWords } from "../design/words_of_design.ts";
import type { Command } from "../state/feature.ts";
import { shellWords } from "./words.ts";

/** All keys, in one place. */
@customElement("atrium-key-sheet")
export class KeySheet extends LitElement {
  static override styles = [
    controls,
    css`
      h3 {
        margin-top: 16px;
        font-size: var(--size-13);
        font-weight: 600;
        color: var(--text);
      }

      dl {
        margin: 4px 0 0;
      }

      div {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        gap: 24px;
        padding: 4px 0;
        border-bottom: 1px solid var(--line);
      }

      dd {
        margin: 0;
        white-space: nowrap;
      }

      kbd + kbd::before {
        content: "·";
        padding: 0 6px;
      }
    `,
  ];

  @property({ attribute: false }) commands: readonly Command[] = [];
  @query("atrium-dialog") private dialog!: Dialog;

  /** Open the sheet. */
  async show(): Promise<void> {
    await this.updateComplete;
    this.dialog.show();
  }

  protected override render(): TemplateResult {
    const words = shellWords();
    const inLists: readonly [string, readonly string[]][] = [
      [words.nextItem, ["j", "ArrowDown"]],
      [words.previousItem, ["k", "ArrowUp"]],
      [words.openItem, ["Enter"]],
      [words.filterList, ["/"]],
      [words.selectItem, ["x"]],
    ];
    const everywhere = this.commands.flatMap((command): [string, readonly string[]][] =>
      command.keys ? [[command.label(), [command.keys]]] : [],
    );
    return html`
      <atrium-dialog heading=${words.shortcuts}>
        ${this.#renderGroup(words.everywhere, everywhere)} ${this.#renderGroup(words.inLists, inLists)}
        <button slot="steps" type="button" class="plain" autofocus @click=${() => this.dialog.close()}>
          ${designWords().close}
        </button>
      </atrium-dialog>
    `;
  }

  #renderGroup(name: string, rows: readonly [string, readonly string[]][]): TemplateResult {
    return html`
      <h3>${name}</h3>
      <dl>
        ${rows.map(([label, combinations]) => html`<div><dt>${label}</dt><dd>${combinations.map(keys)}</dd></div>`)}
      </dl>
    `;
  }
}
