import { effect } from "@preact/signals-core";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { type Install, listPrograms, type Program } from "../../api/programs.ts";
import { type ProviderUsage, readUsage } from "../../api/usage.ts";
import { controls } from "../../design/controls.ts";
import "../../design/empty_state.ts";
import { pageStyles } from "../../design/page_styles.ts";
import "../../design/progress.ts";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { AddedEvent } from "./add_form.ts";
import "./add_form.ts";
import { type Entry, entriesOf, hasEnded } from "./entries.ts";
import { keyWords } from "./key_words.ts";
import type { ProviderItem } from "./provider_item.ts";
import "./provider_item.ts";
import { providersWords } from "./words.ts";

/** Every provider and every agent that can be installed: how it is, and the step that makes it answer. */
@customElement("atrium-providers-room")
export class ProvidersRoom extends SignalElement implements Room {
  static override styles = [
    controls,
    pageStyles,
    css`
      section {
        gap: 4px;
      }

      atrium-empty {
        padding: 0;
      }

      .adding {
        margin-top: 8px;
      }

      .failed {
        display: grid;
        justify-items: start;
        gap: 12px;
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/providers", params: {} };
  @state() private programs: readonly Program[] | undefined;
  @state() private installs: ReadonlyMap<string, Install> = new Map();
  @state() private usage: readonly ProviderUsage[] = [];
  @state() private problem: Problem | undefined;
  @state() private isAdding = false;
  /** Where each stood when it was first seen, and whether that was among what can be installed: nothing moves later. */
  readonly #seen = new Map<string, boolean>();
  #ends: (() => void)[] = [];
  #sought: string | undefined;
  /** Whether the topic was heard: what had ended before that is read with all the rest. */
  #isTold = false;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = `${shellWords().providers} · Atrium`;
    this.#ends = [
      effect(() => {
        if (this.hub.connection.state.value.kind === "live") queueMicrotask(() => void this.#read());
      }),
      // What is installed, found or answers meanwhile is among the providers, or changes one.
      effect(() => {
        if (this.hub.providers.states.value.length > 0) queueMicrotask(() => void this.#readRest());
      }),
      this.hub.followTopic<readonly Install[]>("providers/programs", {
        apply: (installs) => this.#take(installs),
        gone: (problem) => {
          this.problem = problem.problem;
        },
      }),
      this.hub.followTopic<unknown>("providers/circuits", {
        apply: () => void this.hub.providers.refresh(),
        gone: () => undefined,
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.#ends) end();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="page" data-testid="providers-page" @changed=${() => this.#read()}>
        <h1>${shellWords().providers}</h1>
        ${this.#renderContent()}
      </div>
    `;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("place")) this.#sought = this.place.params.id;
  }

  protected override updated(): void {
    if (this.#sought === undefined || !this.programs || !this.hub.providers.all.peek()) return;
    const items = [...this.renderRoot.querySelectorAll<ProviderItem>("atrium-provider")];
    const item = items.find(({ entry }) => entry.id === this.#sought);
    this.#sought = undefined;
    void (this.place.path.endsWith("/key") ? item?.askForKey() : item?.reveal());
  }

  #renderContent(): TemplateResult {
    const { all, defaultId, problem } = this.hub.providers;
    const { programs = [], installs, usage } = this;
    const isRead = this.programs !== undefined || this.problem !== undefined;
    if (all.value && isRead) {
      const known = { providers: all.value, programs, installs, usage, defaultId: defaultId.value };
      return this.#renderEntries(entriesOf(known));
    }
    return problem.value
      ? this.#renderProblem(providersWords().notRead, problem.value)
      : html`<atrium-progress class="late" label=${providersWords().reading}></atrium-progress>`;
  }

  #renderEntries(entries: readonly Entry[]): TemplateResult {
    const words = providersWords();
    for (const { id, provider } of entries) if (!this.#seen.has(id)) this.#seen.set(id, !provider);
    const places = [...this.#seen.keys()];
    const settled = [...entries].sort((a, b) => places.indexOf(a.id) - places.indexOf(b.id));
    const known = settled.filter(({ id }) => !this.#seen.get(id));
    const more = settled.filter(({ id }) => this.#seen.get(id));
    if (entries.length === 0 && !this.problem) return this.#renderEmpty();
    return html`
      ${known.length > 0 ? this.#renderGroup("known", words.known, "", known) : nothing}
      ${this.#renderAdding()}
      ${more.length > 0 ? this.#renderGroup("more", words.more, words.moreAbout, more) : nothing}
      ${this.problem && !this.programs ? this.#renderProblem(words.programsNotRead, this.problem) : nothing}
    `;
  }

  #renderGroup(id: string, heading: string, about: string, entries: readonly Entry[]): TemplateResult {
    return html`
      <section aria-labelledby=${id} data-testid="providers-${id}">
        <h2 id=${id}>${heading}</h2>
        ${about ? html`<p class="note">${about}</p>` : nothing}
        ${repeat(
          entries,
          (entry) => entry.id,
          (entry) => html`<atrium-provider .hub=${this.hub} .entry=${entry}></atrium-provider>`,
        )}
      </section>
    `;
  }

  #renderAdding(): TemplateResult {
    const words = keyWords();
    return html`
      <section aria-labelledby="adding" data-testid="providers-adding">
        <h2 id="adding">${words.add}</h2>
        <p class="note">${words.addAbout}</p>
        ${
          this.isAdding
            ? html`<atrium-add-provider .hub=${this.hub} @added=${this.#added} @leave=${this.#leaveAdding}></atrium-add-provider>`
            : html`<div class="adding"><button type="button" class="plain" data-testid="begin-adding" ?disabled=${!this.hub.isLive}
              @click=${this.#beginAdding}>${words.add}</button></div>`
        }
      </section>
    `;
  }

  async #beginAdding(): Promise<void> {
    this.isAdding = true;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("atrium-add-provider")?.focus();
  }

  async #leaveAdding(): Promise<void> {
    this.isAdding = false;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[data-testid="begin-adding"]')?.focus();
  }

  async #added({ provider }: AddedEvent): Promise<void> {
    this.isAdding = false;
    this.hub.say(keyWords().added(provider.name));
    await this.#read();
    this.#sought = provider.id;
    this.requestUpdate();
  }

  #renderEmpty(): TemplateResult {
    const words = providersWords();
    return html`<atrium-empty heading=${words.nothing}
      >${words.nothingAbout}<button slot="step" type="button" class="plain" @click=${() => this.#read()}>
        ${words.lookAgain}
      </button></atrium-empty
    >`;
  }

  #renderProblem(what: string, problem: Problem): TemplateResult {
    return html`<div class="failed" role="status" data-testid="not-read">
      <p class="note">${what} ${withCode(problemText(problem))}</p>
      <button type="button" class="plain" @click=${() => this.#read()}>${providersWords().tryAgain}</button>
    </div>`;
  }

  #take(installs: readonly Install[]): void {
    const isOver = this.#isTold && hasEnded(this.installs, installs);
    this.#isTold = true;
    this.installs = new Map(installs.map((install) => [install.id, install]));
    if (isOver) void this.#read();
  }

  async #read(): Promise<void> {
    await Promise.all([this.hub.providers.refresh(), this.#readRest()]);
  }

  async #readRest(): Promise<void> {
    await Promise.all([this.#readPrograms(), this.#readUsage()]);
  }

  async #readPrograms(): Promise<void> {
    try {
      this.programs = await listPrograms();
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  /** What is left of limits is shown where it is known; a hub that does not count has none. */
  async #readUsage(): Promise<void> {
    try {
      this.usage = (await readUsage(1)).providers;
    } catch {
      this.usage = [];
    }
  }
}
