import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { setKey } from "../../api/provider_keys.ts";
import type { ProviderKey } from "../../api/providers.ts";
import { controls } from "../../design/controls.ts";
import { renderProblem } from "../../design/problem_view.ts";
import { withCode } from "../../design/words.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { formStyles } from "./form_styles.ts";
import { keyWords } from "./key_words.ts";

/** A form for the key of one provider. Fires `keyset` when it is stored and `leave` when it is given up. */
@customElement("atrium-key-form")
export class KeyForm extends SignalElement {
  static override styles = [controls, formStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) providerId = "";
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) place!: ProviderKey;
  @state() private isEmpty = false;
  @state() private isSaving = false;
  @state() private problem: Problem | undefined;
  @query("input") private field!: HTMLInputElement;

  /** Bring the person to the field. */
  override focus(): void {
    this.field.focus();
  }

  protected override render(): TemplateResult {
    const words = keyWords();
    return html`
      <form novalidate data-testid="key-form" @submit=${this.#save} @keydown=${this.#onKey}>
        <div class="field whole">
          <label for="key">${words.keyOf(this.name)}</label>
          <input class="text" id="key" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" dir="ltr"
            aria-invalid=${this.isEmpty} aria-describedby="about wrong" @input=${this.#forgive} />
          <span class="note" id="about">${withCode(words.where(this.place.secret))}</span>
          ${this.isEmpty ? html`<span class="note problem" id="wrong" role="alert">${words.giveKey}</span>` : nothing}
        </div>
        ${this.problem ? html`<p class="refusal" role="alert">${renderProblem(this.problem)}</p>` : nothing}
        <div class="steps">
          <button class="primary" data-testid="save-key" ?disabled=${!this.hub.isLive || this.isSaving}>
            ${this.isSaving ? words.saving : words.save}
          </button>
          <button type="button" class="quiet" @click=${this.#leave}>${words.cancel}</button>
        </div>
      </form>
    `;
  }

  #forgive(): void {
    this.isEmpty = false;
  }

  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) this.#leave();
  }

  #leave(): void {
    this.dispatchEvent(new Event("leave"));
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const key = this.field.value.trim();
    this.isEmpty = !key;
    if (!key) {
      this.field.focus();
      return;
    }
    this.isSaving = true;
    this.problem = undefined;
    try {
      await setKey(this.providerId, key);
      this.field.value = "";
      this.dispatchEvent(new Event("keyset"));
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isSaving = false;
  }
}
