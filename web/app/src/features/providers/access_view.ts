import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { removeKey, removeProvider } from "../../api/provider_keys.ts";
import type { Provider, ProviderKey } from "../../api/providers.ts";
import { controls } from "../../design/controls.ts";
import type { Dialog } from "../../design/dialog.ts";
import "../../design/dialog.ts";
import { withCode } from "../../design/words.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { keyWords } from "./key_words.ts";

/** Where the key of a provider stands, and how to replace or remove it. Fires `setkey`, and `changed` (it bubbles). */
@customElement("atrium-provider-access")
export class ProviderAccess extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 8px;
        font-size: var(--size-13);
        line-height: 1.45;
      }

      p {
        overflow-wrap: anywhere;
      }

      .name {
        color: var(--text-muted);
      }

      code {
        font: 500 0.92em / 1.4 var(--font-mono);
      }

      .steps {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) provider!: Provider;
  /** What the person is asked about. */
  @state() private asked: "key" | "provider" = "key";
  @query("atrium-dialog") private dialog!: Dialog;

  protected override render(): TemplateResult {
    const words = keyWords();
    const { key, added, name } = this.provider;
    const isDeaf = !this.hub.isLive;
    const isKey = this.asked === "key";
    return html`
      ${key ? html`<p><span class="name">${words.key}:</span> ${withCode(placeOf(key))}</p>` : nothing}
      <div class="steps">
        ${
          key
            ? html`<button type="button" class="plain" data-testid="change-key" ?disabled=${isDeaf}
              @click=${() => this.dispatchEvent(new Event("setkey"))}>${key.found === "store" ? words.replace : words.set}</button>`
            : nothing
        }
        ${
          key?.found === "store"
            ? html`<button type="button" class="plain" data-testid="remove-key" ?disabled=${isDeaf}
              @click=${() => this.#ask("key")}>${words.remove}</button>`
            : nothing
        }
        ${
          added
            ? html`<button type="button" class="plain" data-testid="remove-provider" ?disabled=${isDeaf}
              @click=${() => this.#ask("provider")}>${words.removeProvider}</button>`
            : nothing
        }
      </div>
      <atrium-dialog heading=${isKey ? words.removeKeyQuestion(name) : words.removeQuestion(name)}>
        ${isKey ? words.removeKeyAbout : words.removeAbout}
        <button slot="steps" type="button" class="quiet" @click=${() => this.dialog.close()}>${words.cancel}</button>
        <button slot="steps" type="button" class="destructive" data-testid="confirm-removal" @click=${this.#remove}>
          ${isKey ? words.remove : words.removeProvider}
        </button>
      </atrium-dialog>
    `;
  }

  async #ask(what: "key" | "provider"): Promise<void> {
    this.asked = what;
    await this.updateComplete;
    this.dialog.show();
  }

  async #remove(): Promise<void> {
    const words = keyWords();
    const { id, name } = this.provider;
    const isKey = this.asked === "key";
    this.dialog.close();
    try {
      await (isKey ? removeKey(id) : removeProvider(id));
      this.hub.say(isKey ? words.isRemoved(name) : words.removed(name));
    } catch (error) {
      this.hub.fail(isKey ? words.notRemoved(name) : words.providerNotRemoved(name), error);
    }
    this.dispatchEvent(new Event("changed", { bubbles: true, composed: true }));
  }
}

function placeOf({ found, secret }: ProviderKey): string {
  const words = keyWords();
  switch (found) {
    case "store":
      return words.inStore(secret);
    case "environment":
      return words.inEnvironment;
    case "settings":
      return words.inSettings;
    default:
      return words.none;
  }
}
