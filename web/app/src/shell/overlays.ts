import { html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Command } from "../state/feature.ts";
import type { Hub } from "../state/hub.ts";
import { SignalElement } from "../state/signal_element.ts";
import type { KeySheet } from "./key_sheet.ts";
import type { Palette } from "./palette.ts";
import { shellWords } from "./words.ts";

/** What opens above every room. Its parts are loaded when they are first asked for. */
@customElement("atrium-overlays")
export class Overlays extends SignalElement {
  @property({ attribute: false }) hub!: Hub;
  /** Asked again as features arrive, also while it is open. */
  @state() private commands: () => readonly Command[] = () => [];
  @query("atrium-palette") private palette!: Palette;
  @query("atrium-key-sheet") private sheet!: KeySheet;

  /** Open the palette over these commands and all that the features find. */
  async openPalette(commands: () => readonly Command[]): Promise<void> {
    this.commands = commands;
    await this.#loaded(() => import("./palette.ts"));
    await this.palette.show();
  }

  /** Show the keys of these commands. */
  async openKeys(commands: () => readonly Command[]): Promise<void> {
    this.commands = commands;
    await this.#loaded(() => import("./key_sheet.ts"));
    await this.sheet.show();
  }

  protected override render(): TemplateResult {
    const commands = this.commands();
    return html`
      <atrium-palette .commands=${commands} .finds=${() => this.hub.features.finds()}></atrium-palette>
      <atrium-key-sheet .commands=${commands}></atrium-key-sheet>
    `;
  }

  async #loaded(load: () => Promise<unknown>): Promise<void> {
    try {
      await load();
      await this.updateComplete;
    } catch (error) {
      this.hub.notices.fail(shellWords().notLoaded, error);
    }
  }
}
