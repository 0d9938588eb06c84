import fuzzysort from "fuzzysort";
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Search } from "lucide";
import { controls } from "../design/controls.ts";
import { icon } from "../design/icon.ts";
import { keys } from "../design/keys.ts";
import type { Command } from "../state/feature.ts";
import { shellWords } from "./words.ts";

const MOST_SHOWN = 50;

/** Finds every command and what the features offer beside them, by a few letters of the name. */
@customElement("atrium-palette")
export class Palette extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: min(36rem, calc(100vw - 32px));
        max-height: min(28rem, calc(100dvh - 32px));
        margin-top: min(14vh, 120px);
        padding: 0;
        border: 0;
        border-radius: var(--radius-surface);
        overflow: hidden;
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: var(--elevation);
      }

      dialog[open] {
        display: flex;
        flex-direction: column;
      }

      dialog::backdrop {
        background: var(--shade);
      }

      .search {
        display: flex;
        flex: none;
        align-items: center;
        gap: 12px;
        padding: 0 16px;
        border-bottom: 1px solid var(--line);
        color: var(--text-muted);
      }

      input {
        flex: 1;
        min-width: 0;
        height: 48px;
        border: 0;
        background: none;
        font-size: var(--size-16);
        color: var(--text);
      }

      input:focus-visible {
        outline: none;
      }

      input::placeholder {
        color: var(--text-muted);
        opacity: 1;
      }

      ul {
        margin: 0;
        padding: 8px;
        overflow-y: auto;
        overscroll-behavior: contain;
        list-style: none;
      }

      li {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: max(36px, var(--control));
        padding: 0 8px;
        border-radius: var(--radius-control);
        cursor: pointer;
        scroll-margin: 8px;
      }

      li svg {
        color: var(--text-muted);
      }

      li .label {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      li .label + * {
        flex: none;
        margin-inline-start: auto;
      }

      mark {
        background: none;
        color: inherit;
        font-weight: 600;
      }

      li[aria-selected="true"] {
        background: var(--selected);
      }

      .none {
        padding: 16px;
        font-size: var(--size-13);
        color: var(--text-muted);
      }

      @media (max-width: 767px) {
        dialog {
          width: 100%;
          max-width: none;
          max-height: 60dvh;
          margin: 0;
          border-radius: 0 0 var(--radius-surface) var(--radius-surface);
        }
      }

      @media (forced-colors: active) {
        li[aria-selected="true"] {
          outline: 2px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) commands: readonly Command[] = [];
  @property({ attribute: false }) finds: () => readonly Command[] = () => [];
  @state() private text = "";
  @state() private at = 0;
  @state() private found: readonly Command[] = [];
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("input") private input!: HTMLInputElement;

  /** Open it, empty. */
  async show(): Promise<void> {
    this.text = "";
    this.at = 0;
    this.found = this.finds();
    await this.updateComplete;
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  protected override render(): TemplateResult {
    const words = shellWords();
    const rows = this.#rows();
    return html`
      <dialog aria-label=${words.searchOrRun} data-testid="palette" @click=${this.#onBackdrop}>
        <div class="search">
          ${icon(Search)}
          <input
            role="combobox"
            aria-label=${words.searchOrRun}
            aria-expanded="true"
            aria-controls="rows"
            aria-activedescendant=${rows.length > 0 ? `row-${this.at}` : nothing}
            placeholder=${words.searchOrRun}
            autocomplete="off"
            spellcheck="false"
            .value=${this.text}
            @input=${this.#onInput}
            @keydown=${this.#onKey}
          />
        </div>
        <ul id="rows" role="listbox" aria-label=${words.found}>
          ${rows.map((row, index) => this.#renderRow(row, index))}
        </ul>
        ${rows.length === 0 ? html`<p class="none" role="status">${words.nothingFound}</p>` : nothing}
      </dialog>
    `;
  }

  protected override updated(): void {
    this.renderRoot.querySelector("li[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  #renderRow({ command, label }: Row, index: number): TemplateResult {
    return html`
      <li
        id=${`row-${index}`}
        role="option"
        aria-selected=${index === this.at ? "true" : "false"}
        @pointermove=${() => {
          this.at = index;
        }}
        @click=${() => this.#run(command)}
      >
        ${command.icon ? icon(command.icon) : nothing}<span class="label" dir="auto">${label}</span>
        ${command.keys ? keys(command.keys) : nothing}
      </li>
    `;
  }

  #rows(): readonly Row[] {
    const all = [...this.commands.filter(isWorthAsking), ...this.found];
    if (!this.text.trim())
      return all.slice(0, MOST_SHOWN).map((command) => ({ command, label: command.label() }));
    const named = all.map((command) => ({ command, name: command.label() }));
    return fuzzysort
      .go(this.text, named, { key: "name", limit: MOST_SHOWN, threshold: 0.3 })
      .map((result) => ({
        command: result.obj.command,
        label: result.highlight((match: string) => html`<mark>${match}</mark>`),
      }));
  }

  #onInput(): void {
    this.text = this.input.value;
    this.at = 0;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const rows = this.#rows();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && rows.length > 0) this.at = (this.at + by + rows.length) % rows.length;
    else if (event.key === "Enter") this.#run(rows[this.at]?.command);
    else return;
    event.preventDefault();
  }

  #run(command: Command | undefined): void {
    if (!command) return;
    this.dialog.close();
    command.run();
  }

  #onBackdrop(event: MouseEvent): void {
    if (event.composedPath()[0] === this.dialog) this.dialog.close();
  }
}

interface Row {
  readonly command: Command;
  readonly label: unknown;
}

function isWorthAsking(command: Command): boolean {
  return command.id !== "shell.search" && command.isAvailable?.() !== false;
}
