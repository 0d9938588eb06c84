import { css, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { labelOf, type Provider } from "../../api/providers.ts";
import { createSession, sendMessage } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { sentence, withCode } from "../../design/words.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { Composer, SendEvent } from "./composer.ts";
import "./composer.ts";
import { Outbox } from "./outbox.ts";
import { pageStyles } from "./page_styles.ts";
import { titleFrom } from "./session_words.ts";

const DRAFT_KEY = "draft.new";

/** Where a session begins: choose who answers, write the first message. */
@customElement("atrium-new-session-page")
export class NewSessionPage extends SignalElement {
  static override styles = [
    controls,
    pageStyles,
    css`
      header {
        display: flex;
        align-items: center;
        min-height: 52px;
        padding: 0 24px;
        border-bottom: 1px solid var(--line);
      }

      h1 {
        font-size: var(--size-14);
        font-weight: 600;
      }

      .body {
        display: flex;
        flex-direction: column;
        justify-content: flex-end;
        gap: 8px;
        width: 100%;
        min-height: 0;
        overflow-y: auto;
        max-width: calc(var(--measure) + 2 * var(--gutter));
        margin: 0 auto;
        padding: 24px var(--gutter) 16px;
        font-size: var(--size-16);
        line-height: 1.5;
      }

      .muted {
        color: var(--text-muted);
        font-size: var(--size-14);
      }

      .problem {
        padding-left: 14px;
        border-left: 2px solid var(--danger);
        font-size: var(--size-14);
      }

      code {
        font-family: var(--font-mono);
        font-size: var(--size-13);
      }

      .body button {
        align-self: start;
        margin-top: 8px;
      }

      ul {
        margin: 0;
        padding-left: 18px;
        font-size: var(--size-14);
      }

      label {
        display: flex;
        align-items: center;
        gap: 8px;
      }

      select {
        min-width: 0;
        max-width: 100%;
        field-sizing: content;
        min-height: 28px;
        padding: 0 4px;
        margin-left: -4px;
        border: 0;
        border-radius: var(--radius-control);
        background: var(--surface-raised);
        font-size: var(--size-13);
        font-weight: 500;
        color: var(--text);
      }

      select:hover {
        background: var(--surface);
      }

      @media (max-width: 767px) {
        header {
          padding: 0 16px;
        }

        h1 {
          font-size: var(--size-16);
        }

        select {
          min-height: var(--control);
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;

  @state() private isBusy = false;
  @state() private problem: Problem | undefined;
  @state() private chosen: string | undefined;
  @query("atrium-composer") private composer!: Composer;
  /** Repeating a call that may have been heard must not create a second session. */
  #key = randomId();

  override focus(): void {
    void this.updateComplete.then(() => this.composer.focus());
  }

  protected override render(): TemplateResult {
    const providers = this.hub.providers.all.value;
    const provider = this.#provider();
    return html`
      <header><h1>New session</h1></header>
      <div class="body" data-testid="new-session-page">${this.#renderBody(providers, provider)}</div>
      <div class="foot">
        <atrium-composer
          .texts=${this.hub.texts}
          .draftKey=${DRAFT_KEY}
          .label=${"Write the first message"}
          ?busy=${this.isBusy || !provider}
          @send=${this.#begin}
        >
          ${this.#renderChoice(providers ?? [], provider)}
        </atrium-composer>
      </div>
    `;
  }

  #renderBody(providers: readonly Provider[] | undefined, provider: Provider | undefined): TemplateResult {
    if (this.problem) {
      return html`<div class="problem" role="alert"><strong>${sentence(this.problem.title)}</strong> ${withCode(sentence(this.problem.detail))} Your text is kept.</div>`;
    }
    if (this.isBusy) return html`<p class="muted" role="status">Creating the session</p>`;
    if (provider)
      return html`<p class="muted">The first message starts a session. It goes on when this window is closed.</p>`;
    const problem = this.hub.providers.problem.value;
    if (!providers) return problem ? html`<p class="muted" role="status">${problem.detail}</p>` : html``;
    return html`
      <p>No model can answer yet.</p>
      <ul>
        ${providers.map(({ name, reason }) => html`<li>${name}: ${withCode(reason ?? "not available")}</li>`)}
      </ul>
      <button type="button" class="plain" data-testid="check-providers" @click=${() => this.hub.providers.refresh()}>
        Check again
      </button>
    `;
  }

  #renderChoice(providers: readonly Provider[], provider: Provider | undefined): TemplateResult {
    if (!provider) return html`<span class="hint">${providers.length > 0 ? "No model" : ""}</span>`;
    if (providers.length === 1) return html`<span class="hint">${labelOf(provider)}</span>`;
    const choose = (event: Event): void => {
      this.chosen = (event.target as HTMLSelectElement).value;
    };
    return html`
      <label>
        <span class="visually-hidden">Who answers</span>
        <select data-testid="provider" @change=${choose}>
          ${providers.map((choice) => renderOption(choice, choice === provider))}
        </select>
      </label>
    `;
  }

  #provider(): Provider | undefined {
    const chosen = this.hub.providers.all.value?.find(
      ({ id, status }) => id === this.chosen && status === "active",
    );
    return chosen ?? this.hub.providers.preferred.value;
  }

  async #begin({ content }: SendEvent): Promise<void> {
    const provider = this.#provider();
    if (!provider) return;
    this.isBusy = true;
    this.problem = undefined;
    try {
      const id = await createSession(provider.id, titleFrom(content), this.#key);
      this.#key = randomId();
      this.composer.clear();
      this.#handOver(id, content);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isBusy = false;
  }

  /** Leave the first message in the session's outbox, where it survives whatever happens, and go there. */
  #handOver(id: string, content: string): void {
    const send = (text: string, token: string): Promise<unknown> => sendMessage(id, text, token);
    const outbox = new Outbox(id, { send, newToken: randomId, texts: this.hub.texts });
    outbox.close();
    outbox.add(content);
    this.hub.router.go(sessionPath(id));
  }
}

const STATUS_WORDS = {
  active: "",
  notInstalled: " (not installed)",
  unavailable: " (not available)",
} as const;

function renderOption(provider: Provider, isSelected: boolean): TemplateResult {
  const { id, status, reason } = provider;
  const isActive = status === "active";
  return html`
    <option value=${id} ?selected=${isSelected} ?disabled=${!isActive} title=${reason ?? ""}>
      ${isActive ? labelOf(provider) : provider.name}${STATUS_WORDS[status]}
    </option>
  `;
}
