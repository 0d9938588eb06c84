import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { CornerDownRight } from "lucide";
import { type Problem, problemOf } from "../../api/problem.ts";
import { labelOf, type Provider } from "../../api/providers.ts";
import { createSession, sendMessage } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import "../../design/progress.ts";
import "../../design/status_word.ts";
import { clockTime } from "../../design/times.ts";
import { sentence, withCode } from "../../design/words.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { welcomeStyles } from "./welcome_styles.ts";
import { welcomeWords } from "./words.ts";

const LOOK_AGAIN_MS = 2_000;
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
  @state() private lookedAt = Date.now();
  @query("input") private input!: HTMLInputElement;
  /** Repeating a call that may have been heard must not create a second session or message; other words are another call. */
  #asked = { text: "", key: "" };
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Atrium";
    this.#timer = setInterval(() => void this.#look(), LOOK_AGAIN_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
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
        <div class="model" role="status">${this.#renderModel(provider)}</div>
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

  #renderModel(provider: Provider | undefined): TemplateResult {
    const words = welcomeWords();
    if (this.isBusy) return html`<atrium-progress label=${words.starting}></atrium-progress>`;
    if (provider) {
      return html`
        <atrium-status tone="positive">${words.ready(labelOf(provider))}</atrium-status>
        ${provider.id === "local" ? html`<p>${words.firstTakesLonger}</p>` : nothing}
      `;
    }
    const providers = this.hub.providers.all.value;
    if (!providers) return html`<atrium-progress label=${words.looking}></atrium-progress>`;
    const reasons = providers.filter(({ reason }) => reason);
    return html`
      <atrium-status tone="warning">${words.notReady}</atrium-status>
      <ul lang="en">
        ${reasons.map(({ name, reason }) => html`<li>${name}: ${withCode(reason ?? "")}</li>`)}
      </ul>
      <p class="figures" aria-live="off">${words.looksAgain(clockTime(this.lookedAt))}</p>
      <a class="button plain" href="/providers">${shellWords().toProviders}</a>
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
        ${this.problem ? this.#renderProblem(this.problem) : nothing}
      </form>
    `;
  }

  #renderProblem({ title, detail }: Problem): TemplateResult {
    return html`
      <p class="problem" role="alert">
        <strong>${sentence(title)}</strong> ${withCode(sentence(detail))} ${welcomeWords().kept}
      </p>
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

  async #look(): Promise<void> {
    if (this.hub.providers.preferred.peek() || document.hidden) return;
    await this.hub.providers.refresh();
    this.lookedAt = Date.now();
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
      const id = await createSession(provider.id, titleOf(text), key);
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
