import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { type Problem, UNREACHABLE } from "../api/problem.ts";
import { copyFrom } from "../design/clipboard.ts";
import { controls } from "../design/controls.ts";
import { withCode } from "../design/words.ts";
import { LANGUAGES, type Language } from "../language/language.ts";
import { problemText } from "../language/problems.ts";
import type { Hub } from "../state/hub.ts";
import { SignalElement } from "../state/signal_element.ts";
import type { SignIn } from "./sign_in.ts";
import { signInStyles } from "./sign_in_styles.ts";
import { shellWords } from "./words.ts";

const COMMAND = "atrium open";

/** Says how this browser gets in. Fires `check` when the person wants it tried again. */
@customElement("atrium-sign-in-page")
export class SignInPage extends SignalElement {
  static override styles = [controls, signInStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) signIn!: SignIn;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Atrium";
  }

  protected override render(): TemplateResult {
    const problem = this.signIn.problem.value;
    return html`
      <main data-testid="sign-in" data-state=${problem?.kind ?? "none"}>
        <p class="name">Atrium</p>
        ${problem?.kind === "unreachable" ? this.#renderUnreachable(problem.problem) : this.#renderHow(problem !== undefined)}
        <button type="button" class="plain again" @click=${() => this.dispatchEvent(new Event("check"))}>
          ${shellWords().checkAgain}
        </button>
        <p class="languages">${Object.entries(LANGUAGES).map(([language, name]) => this.#renderLanguage(language as Language, name))}</p>
      </main>
    `;
  }

  #renderUnreachable(problem: Problem): TemplateResult {
    const words = shellWords();
    const isExplained = problem.code !== UNREACHABLE;
    return html`
      <h1>${words.hubAway}</h1>
      <p role="alert">${words.hubAwayHow}</p>
      <div class="command"><code>atrium status</code></div>
      ${isExplained ? html`<p class="note">${withCode(problemText(problem))}</p>` : nothing}
      <p class="note">${words.hubAwayNote}</p>
    `;
  }

  #renderHow(isRefused: boolean): TemplateResult {
    const words = shellWords();
    return html`
      <h1>${isRefused ? words.linkUsed : words.notSignedIn}</h1>
      ${isRefused ? html`<p role="alert">${words.linkUsedNote}</p>` : nothing}
      <p>${words.signInHow}</p>
      <div class="command">
        <code>${COMMAND}</code>
        <button type="button" class="quiet" @click=${this.#copy}>${words.copy}</button>
      </div>
      <p class="note">${withCode(words.signInNote)}</p>
    `;
  }

  #renderLanguage(language: Language, name: string): TemplateResult {
    const { preferences } = this.hub;
    const isCurrent = preferences.language.value === language;
    return html`
      <button type="button" class="quiet" lang=${language} aria-pressed=${isCurrent ? "true" : "false"} @click=${() => preferences.setLanguage(language)}>
        ${name}
      </button>
    `;
  }

  #copy(event: MouseEvent): void {
    void copyFrom(event.currentTarget as HTMLButtonElement, COMMAND);
  }
}
