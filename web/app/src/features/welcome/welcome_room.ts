import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { CornerDownRight } from "lucide";
import { type Problem, problemOf } from "../../api/problem.ts";
import type { Provider } from "../../api/providers.ts";
import { createSession, sendMessage } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { renderProblem } from "../../design/problem_view.ts";
import "../../design/progress.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./model_state.ts";
import { welcomeStyles } from "./welcome_styles.ts";
import { welcomeWords } from "./words.ts";

const DRAFT_KEY = "draft.welcome";
const TITLE_LENGTH = 60;

/** Asks one thing, offers three to try, and says what can answer. */
@customElement("atrium-welcome-room")
export class WelcomeRoom extends SignalElement implements Room {
  static override styles = [controls, welcomeStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/welcome", params: {} };
  @state() private isBusy = false;
  @state() private problem: Problem | undefined;
  @query("input") private input!: HTMLInputElement;
  /** Repeating a call that may have been heard must not create a second session or message; other words are another call. */
  #asked = { text: "", key: "" };

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Atrium";
  }

  protected override firstUpdated(): void {
    if (matchMedia("(pointer: fine)").matches) this.input.focus();
  }

  protected override render(): TemplateResult {
    const words = welcomeWords();
    const provider = this.hub.providers.preferred.value;
    return html`
      <div class="page" data-testid="welcome">
        <div>
          <h1>${words.welcome}</h1>
          <p class="about">${words.about}</p>
        </div>
        ${
          this.isBusy
            ? html`<atrium-progress label=${words.starting}></atrium-progress>`
            : html`<atrium-model-state .hub=${this.hub}></atrium-model-state>`
        }
        ${this.#renderForm(provider)}
        <section aria-labelledby="tries">
          <h2 id="tries">${words.orTry}</h2>
          <ul class="tries" role="list">
            ${[words.mail, words.cat, words.sky].map((text) => this.#renderTry(text, provider))}
          </ul>
        </section>
        <a class="skip" href="/">${words.skip}</a>
      </div>
    `;
  }

  #renderForm(provider: Provider | undefined): TemplateResult {
    const words = welcomeWords();
    return html`
      <form @submit=${this.#submit}>
        <label for="question">${words.question}</label>
        <input
          class="text"
          id="question"
          data-testid="first-question"
          autocomplete="off"
          enterkeyhint="send"
          dir="auto"
          .value=${this.hub.texts.get(DRAFT_KEY)}
          @input=${() => this.hub.texts.set(DRAFT_KEY, this.input.value)}
        />
        <button type="submit" class="primary" ?disabled=${this.#isStuck(provider)}>${words.start}</button>
        ${this.problem ? html`<p class="problem" role="alert">${renderProblem(this.problem)} ${words.kept}</p>` : nothing}
      </form>
    `;
  }

  #renderTry(text: string, provider: Provider | undefined): TemplateResult {
    return html`
      <li>
        <button type="button" data-testid="try" ?disabled=${this.#isStuck(provider)} @click=${() => this.#begin(text)}>
          ${icon(CornerDownRight)}${text}
        </button>
      </li>
    `;
  }

  #isStuck(provider: Provider | undefined): boolean {
    return this.isBusy || !provider || !this.hub.isLive;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text) void this.#begin(text);
  }

  async #begin(text: string): Promise<void> {
    const provider = this.hub.providers.preferred.peek();
    if (!provider || this.isBusy) return;
    this.isBusy = true;
    this.problem = undefined;
    if (this.#asked.text !== text) this.#asked = { text, key: randomId() };
    const { key } = this.#asked;
    try {
      const id = await createSession({ providerId: provider.id, title: titleOf(text) }, key);
      await sendMessage(id, text, key);
      this.hub.texts.set(DRAFT_KEY, "");
      this.hub.router.go(sessionPath(id), "replace");
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isBusy = false;
  }
}

function titleOf(text: string): string {
  const words = text.replace(/\s+/g, " ");
  return words.length <= TITLE_LENGTH ? words : `${words.slice(0, TITLE_LENGTH - 1).trimEnd()}…`;
}
