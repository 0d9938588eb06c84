import { effect } from "@preact/signals-core";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { type Install, installProgram, listPrograms, type Program } from "../../api/programs.ts";
import { labelOf, type Provider } from "../../api/providers.ts";
import { controls } from "../../design/controls.ts";
import "../../design/progress.ts";
import "../../design/status_word.ts";
import { writtenSize } from "../../design/sizes.ts";
import { renderTold } from "../../design/told_text.ts";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import { shellWords } from "../../shell/words.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { shareOf } from "../providers/entries.ts";
import { welcomeWords } from "./words.ts";

/** Says what can answer, or what is done so that something can; a model that is not there can be fetched from here. */
@customElement("atrium-model-state")
export class ModelState extends SignalElement {
  static override styles = [
    controls,
    css`
      [role="status"] {
        display: grid;
        gap: 4px;
        font-size: var(--size-13);
        line-height: 1.5;
        color: var(--text-muted);
      }

      atrium-status {
        font-size: var(--size-14);
      }

      .steps {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-top: 8px;
      }

      .button {
        color: var(--text);
      }

      ul {
        margin: 0;
        padding-inline-start: 16px;
      }

      code {
        font: 500 var(--size-13) / 1.4 var(--font-mono);
        color: var(--text);
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @state() private installs: readonly Install[] = [];
  @state() private missing: Program | undefined;
  @state() private problem: Problem | undefined;
  #ends: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ends = [
      effect(() => {
        const { all, preferred } = this.hub.providers;
        if (all.value && !preferred.value) queueMicrotask(() => void this.#findMissing());
      }),
      this.hub.followTopic<readonly Install[]>("providers/programs", {
        apply: (installs) => {
          this.installs = installs;
          void this.hub.providers.refresh();
        },
        gone: () => undefined,
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.#ends) end();
  }

  protected override render(): TemplateResult {
    const provider = this.hub.providers.preferred.value;
    return html`<div role="status" data-testid="model-state">
      ${provider ? this.#renderReady(provider) : this.#renderMissing()}
    </div>`;
  }

  #renderReady(provider: Provider): TemplateResult {
    const words = welcomeWords();
    if (provider.preparing)
      return html`<atrium-progress label=${words.preparing(labelOf(provider))}></atrium-progress>`;
    return html`
      <atrium-status tone="positive">${words.ready(labelOf(provider))}</atrium-status>
      ${provider.id === "local" ? html`<p>${words.firstTakesLonger}</p>` : nothing}
    `;
  }

  #renderMissing(): TemplateResult {
    const words = welcomeWords();
    const install = this.installs.find(({ status }) => status === "running");
    if (install) {
      return html`
        <atrium-progress label=${this.#stepOf(install)} .value=${shareOf(install)}></atrium-progress>
        <p>${words.goesOn}</p>
      `;
    }
    const providers = this.hub.providers.all.value;
    if (!providers) return html`<atrium-progress label=${words.looking}></atrium-progress>`;
    return html`
      <atrium-status tone="warning">${words.notReady}</atrium-status>
      <ul>
        ${providers.filter(({ reason }) => reason).map((one) => html`<li>${one.name}: ${renderTold(one, "reason", one.reason ?? "")}</li>`)}
      </ul>
      ${this.#renderFailure()}
      <p>${words.isShown}</p>
      <div class="steps">
        ${this.missing ? this.#renderFetch(this.missing) : nothing}
        <a class="button plain" href="/providers">${shellWords().toProviders}</a>
      </div>
    `;
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const failed = this.installs.find(({ id, status }) => id === this.missing?.id && status === "failed");
    const problem = this.problem ?? (failed?.error && { title: "", ...failed.error });
    return problem ? html`<p>${withCode(problemText(problem))}</p>` : nothing;
  }

  #renderFetch({ id, size }: Program): TemplateResult {
    return html`<button type="button" class="primary" data-testid="fetch-model" ?disabled=${!this.hub.isLive} @click=${() => this.#fetch(id)}>
      ${welcomeWords().fetch(writtenSize(size))}
    </button>`;
  }

  #stepOf({ id, step }: Install): string {
    const words = welcomeWords();
    const name = this.hub.providers.nameOf(id);
    if (step === "download") return words.downloading(name);
    return step === "unpack" || step === "verify" ? words.checking(name) : words.installing(name);
  }

  async #fetch(id: string): Promise<void> {
    try {
      this.problem = undefined;
      await installProgram(id);
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  async #findMissing(): Promise<void> {
    try {
      const programs = await listPrograms();
      this.missing = programs.find(
        ({ kind, installed, package: source }) => kind === "model" && !installed && source,
      );
    } catch {
      this.missing = undefined;
    }
  }
}
