import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { addProvider } from "../../api/provider_keys.ts";
import type { Provider, Vendor } from "../../api/providers.ts";
import { controls } from "../../design/controls.ts";
import { renderProblem } from "../../design/problem_view.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { formStyles } from "./form_styles.ts";
import { keyWords } from "./key_words.ts";
import { readProvider, type Typed, type WrongField } from "./new_provider.ts";

const NAMES: Readonly<Record<Exclude<Vendor, "compatible">, string>> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google",
};

/** A provider was added. */
export class AddedEvent extends Event {
  constructor(readonly provider: Provider) {
    super("added");
  }
}

/** A form that adds a model behind an API. Fires `added` (`AddedEvent`), and `leave` when it is given up. */
@customElement("atrium-add-provider")
export class AddProvider extends SignalElement {
  static override styles = [controls, formStyles];

  @property({ attribute: false }) hub!: Hub;
  @state() private vendor: Vendor = "openai";
  @state() private wrong: WrongField | undefined;
  @state() private isSaving = false;
  @state() private problem: Problem | undefined;
  @query("form") private form!: HTMLFormElement;

  /** Bring the person to the first field. */
  override focus(): void {
    this.form.querySelector("select")?.focus();
  }

  protected override render(): TemplateResult {
    const words = keyWords();
    const isCompatible = this.vendor === "compatible";
    return html`
      <form novalidate data-testid="add-form" @submit=${this.#add} @input=${this.#forgive} @keydown=${this.#onKey}>
        <label class="field">${words.vendor}
          <select class="choice" name="vendor" data-testid="vendor" @change=${this.#pick}>
            ${Object.entries(NAMES).map(([id, name]) => html`<option value=${id}>${name}</option>`)}
            <option value="compatible">${words.compatible}</option>
          </select>
        </label>
        ${this.#renderField("name", words.name, words.optional)}
        ${isCompatible ? this.#renderField("baseUrl", words.address, words.addressAbout, words.giveAddress) : nothing}
        ${this.#renderField("model", words.model, words.modelAbout, words.giveModel)}
        ${this.#renderField("key", words.key, isCompatible ? words.optional : words.keyAbout, words.giveKey)}
        ${this.problem ? html`<p class="refusal" role="alert">${renderProblem(this.problem)}</p>` : nothing}
        <div class="steps">
          <button class="primary" data-testid="add-provider" ?disabled=${!this.hub.isLive || this.isSaving}>
            ${this.isSaving ? words.saving : words.add}
          </button>
          <button type="button" class="quiet" @click=${this.#leave}>${words.cancel}</button>
        </div>
      </form>
    `;
  }

  #renderField(name: keyof Typed, label: string, about: string, wrong = ""): TemplateResult {
    const isWrong = this.wrong === name;
    return html`
      <div class="field ${name === "key" ? "whole" : ""}">
        <label for=${name}>${label}</label>
        <input class="text" id=${name} name=${name} type=${name === "key" ? "password" : "text"} autocomplete="off"
          autocapitalize="off" spellcheck="false" dir=${name === "name" ? "auto" : "ltr"}
          inputmode=${name === "baseUrl" ? "url" : "text"} aria-invalid=${isWrong} aria-describedby="about-${name}" />
        <span class="note ${isWrong ? "problem" : ""}" id="about-${name}" role=${isWrong ? "alert" : nothing}>${isWrong ? wrong : about}</span>
      </div>
    `;
  }

  #pick(event: Event): void {
    this.vendor = (event.target as HTMLSelectElement).value as Vendor;
  }

  #forgive(): void {
    this.wrong = undefined;
  }

  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) this.#leave();
  }

  #leave(): void {
    this.dispatchEvent(new Event("leave"));
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(this.form));
    const wanted = readProvider({ baseUrl: "", ...given } as unknown as Typed);
    if (typeof wanted === "string") {
      this.wrong = wanted;
      this.form.querySelector<HTMLElement>(`#${wanted}`)?.focus();
      return;
    }
    this.isSaving = true;
    this.problem = undefined;
    try {
      const provider = await addProvider(wanted);
      this.form.reset();
      this.dispatchEvent(new AddedEvent(provider));
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isSaving = false;
  }
}
