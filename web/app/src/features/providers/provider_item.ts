import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ChevronDown } from "lucide";
import { ApiProblem, type Problem, problemOf } from "../../api/problem.ts";
import {
  cancelInstall,
  examineProgram,
  type Finding,
  type Install,
  installProgram,
  removeProgram,
} from "../../api/programs.ts";
import { labelOf } from "../../api/providers.ts";
import type { Quota } from "../../api/usage.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import "../../design/progress.ts";
import type { Tone } from "../../design/status_word.ts";
import "../../design/status_word.ts";
import { writtenSize } from "../../design/sizes.ts";
import { clockTime, dateAndTime } from "../../design/times.ts";
import { renderTold } from "../../design/told_text.ts";
import { sentence, withCode } from "../../design/words.ts";
import type { Phrased } from "../../language/phrases.ts";
import { problemText } from "../../language/problems.ts";
import type { Hub } from "../../state/hub.ts";
import { PROVIDER_KEY } from "../../state/provider_list.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { written } from "../usage/sums.ts";
import { renderFindings } from "./check_view.ts";
import {
  type Condition,
  conditionOf,
  type Entry,
  failureOf,
  homepageOf,
  type Step,
  shareOf,
  stepsOf,
} from "./entries.ts";
import { asCode, renderFacts } from "./facts_view.ts";
import "./access_view.ts";
import "./key_form.ts";
import { keyWords } from "./key_words.ts";
import { providerStyles } from "./provider_styles.ts";
import { providersWords } from "./words.ts";

const TONES: Readonly<Record<Condition["kind"], Tone>> = {
  ready: "positive",
  noKey: "warning",
  keyMissing: "warning",
  keyRefused: "danger",
  probing: "warning",
  installing: "live",
  notInstalled: "muted",
  suspended: "warning",
  unavailable: "warning",
};

/** One provider: whether it can answer, what to do next, and on demand all there is to know. Fires `changed`. */
@customElement("atrium-provider")
export class ProviderItem extends SignalElement {
  static override styles = [controls, providerStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) entry!: Entry;
  @state() private isOpen = false;
  @state() private isKeyAsked = false;
  @state() private findings: readonly Finding[] | undefined;
  @state() private checkProblem: Problem | undefined;
  @state() private checking: AbortController | undefined;
  @query("h3") private heading!: HTMLElement;
  @query("atrium-key-form") private keyForm!: HTMLElement | null;
  /** A call that changes it goes on: another one would be refused. */
  #isAsking = false;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.checking?.abort();
  }

  /** Show all of it, and bring it to the person. */
  async reveal(): Promise<void> {
    this.isOpen = true;
    await this.updateComplete;
    this.scrollIntoView({ block: "nearest" });
    this.heading.focus();
  }

  /** Ask for its key. */
  async askForKey(): Promise<void> {
    this.isKeyAsked = this.entry.provider?.key !== undefined;
    await this.updateComplete;
    this.scrollIntoView({ block: "nearest" });
    (this.keyForm ?? this.heading).focus();
  }

  /** A button that is gone after it was pressed must not take the keyboard's place with it. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const hadFocus = this.shadowRoot?.activeElement;
    super.update(changed);
    if (hadFocus && !hadFocus.isConnected) this.heading.focus();
  }

  protected override render(): TemplateResult {
    const words = providersWords();
    const { entry, hub } = this;
    const condition = conditionOf(entry, hub.providers.readAt.value, Date.now());
    return html`
      <article aria-labelledby="name" data-testid="provider" data-id=${entry.id} data-condition=${condition.kind}>
        <header>
          <div class="who">
            <h3 id="name" tabindex="-1">${entry.name}</h3>
            <atrium-status tone=${TONES[condition.kind]}>${stateWord(condition)}</atrium-status>
            ${entry.isDefault ? html`<span class="default">${words.isDefault}</span>` : nothing}
          </div>
          <div class="steps next">${this.#stepsOf(condition).map((step) => this.#renderStep(step))}</div>
          <button type="button" class="quiet square more" aria-expanded=${this.isOpen}
            aria-label=${words.to(words.details, entry.name)} data-testid="details" @click=${this.#toggle}>
            <span class="chevron">${icon(ChevronDown)}</span>
          </button>
        </header>
        ${this.#renderAbout()} ${this.#renderCondition(condition)} ${this.#renderKeyForm()}
        ${entry.quotas.map(renderQuota)}
        ${this.#renderInstall()} ${this.#renderFailure()} ${this.isOpen ? this.#renderDetails() : nothing}
      </article>
    `;
  }

  /** The step that leads to a form is not offered while the form is there. */
  #stepsOf(condition: Condition): readonly Step[] {
    return stepsOf(this.entry, condition).filter((step) => step !== "setKey" || !this.isKeyAsked);
  }

  #renderStep(step: Step): TemplateResult {
    const words = providersWords();
    const { program, name } = this.entry;
    if (step === "get") {
      return html`<a class="button plain" href=${homepageOf(program) ?? ""} target="_blank" rel="noreferrer"
        aria-label=${words.to(words.get, name)}>${words.get}</a>`;
    }
    const [label, run] = {
      install: [this.#isModel ? words.download : words.install, () => void this.#install()],
      update: [words.update(program?.version ?? ""), () => void this.#install()],
      start: [words.start, () => this.#start()],
      setKey: [keyWords().set, () => void this.askForKey()],
      lookAgain: [words.lookAgain, () => void this.#lookAgain()],
    }[step] as [string, () => void];
    return html`<button type="button" class="plain" data-testid=${step} aria-label=${words.to(label, name)}
      ?disabled=${!this.hub.isLive} @click=${run}>${label}</button>`;
  }

  #renderAbout(): TemplateResult | typeof nothing {
    const { program, provider } = this.entry;
    if (program) {
      const size =
        program.package !== null && program.installed === null ? ` ${writtenSize(program.size)}.` : "";
      return html`<p class="note wide">${renderTold(program, "about", program.about)}${size}</p>`;
    }
    const label = provider ? labelOf(provider) : this.entry.name;
    const model = label.slice(this.entry.name.length).replace(/^, /, "");
    return model ? html`<p class="note wide">${model}</p>` : nothing;
  }

  #renderCondition(condition: Condition): TemplateResult | typeof nothing {
    const words = providersWords();
    const names = this.entry.program?.variables ?? [];
    switch (condition.kind) {
      case "suspended":
        return html`<p class="note wide">${words.suspendedAbout(condition.failures)}</p>`;
      case "probing":
        return html`<p class="note wide">${words.probingAbout}</p>`;
      case "keyMissing":
        return html`<p class="note wide" data-testid="key-help">${keyWords().needed}</p>`;
      case "keyRefused":
        return html`<p class="note wide" data-testid="key-help">${keyWords().refused}</p>`;
      case "noKey": {
        const about = names.length === 1 ? words.oneKeyAbout(asCode(names)) : words.noKeyAbout(asCode(names));
        return html`<p class="note wide" data-testid="key-help">${withCode(about)}</p>`;
      }
      case "notInstalled":
      case "unavailable":
        return condition.reason === undefined ? nothing : renderReason(condition.reason, this.entry.provider);
      default:
        return nothing;
    }
  }

  #renderKeyForm(): TemplateResult | typeof nothing {
    const { id, name, provider } = this.entry;
    if (!provider?.key || !this.isKeyAsked) return nothing;
    return html`<atrium-key-form class="wide" .hub=${this.hub} .providerId=${id} .name=${name} .place=${provider.key}
      @keyset=${this.#keySet} @leave=${this.#leaveKey}></atrium-key-form>`;
  }

  #renderInstall(): TemplateResult | typeof nothing {
    const { install } = this.entry;
    if (install?.status !== "running") return nothing;
    return html`<atrium-progress class="wide" data-testid="install-progress" label=${stepWord(install)} .value=${shareOf(install)}
      ?cancellable=${this.hub.isLive} @cancel=${this.#cancel}></atrium-progress>`;
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const words = providersWords();
    const failure = failureOf(this.entry);
    if (!failure) return nothing;
    const { installed } = this.entry.program ?? {};
    return html`
      <div class="problem wide" role="status" data-testid="install-failed">
        <p>
          <strong>${installed ? words.updateFailed : words.installFailed}</strong>
          ${withCode(problemText({ title: "", ...failure }))}
          ${installed ? words.stillWorks(installed) : this.#isModel ? nothing : words.nothingKept}
        </p>
        <div class="steps">
          <button type="button" class="plain" ?disabled=${!this.hub.isLive} @click=${this.#install}>${words.tryAgain}</button>
          <button type="button" class="quiet" ?disabled=${!this.hub.isLive} @click=${this.#check}>${words.check}</button>
        </div>
      </div>
    `;
  }

  #renderDetails(): TemplateResult {
    const words = providersWords();
    const { program, provider } = this.entry;
    const isDeaf = !this.hub.isLive;
    return html`
      <div class="details wide" data-testid="provider-details">
        ${renderFacts(this.entry)}
        ${
          program
            ? html`<div class="steps">
              <button type="button" class="plain" data-testid="check" ?disabled=${isDeaf || this.checking !== undefined}
                @click=${this.#check}>${words.check}</button>
              ${
                program.installed === null
                  ? nothing
                  : html`<button type="button" class="plain" data-testid="remove" ?disabled=${isDeaf}
                    @click=${this.#remove}>${words.remove}</button>`
              }
            </div>`
            : nothing
        }
        ${this.#renderCheck()}
        ${
          provider?.key || provider?.added
            ? html`<atrium-provider-access .hub=${this.hub} .provider=${provider} @setkey=${this.askForKey}></atrium-provider-access>`
            : nothing
        }
      </div>
    `;
  }

  #renderCheck(): TemplateResult | typeof nothing {
    const words = providersWords();
    if (this.checking) {
      return html`<atrium-progress label=${words.checking(this.entry.name)} cancellable
        @cancel=${() => this.checking?.abort()}></atrium-progress>`;
    }
    if (this.checkProblem !== undefined) {
      return html`<p class="problem" role="status">${words.notChecked} ${withCode(problemText(this.checkProblem))}</p>`;
    }
    return this.findings ? html`<div role="status">${renderFindings(this.findings)}</div>` : nothing;
  }

  #keySet(): void {
    this.#leaveKey();
    this.hub.say(keyWords().isSet(this.entry.name));
    this.#tellChanged();
  }

  #leaveKey(): void {
    this.isKeyAsked = false;
    this.heading.focus();
  }

  #toggle(): void {
    this.isOpen = !this.isOpen;
  }

  async #lookAgain(): Promise<void> {
    const { providers } = this.hub;
    await providers.refresh();
    this.#tellChanged();
    const problem = providers.problem.peek();
    const found = providers.all.peek()?.find(({ id }) => id === this.entry.id);
    if (problem) this.hub.fail(providersWords().notRead, new ApiProblem(problem));
    else if (found?.status !== "active") this.hub.say(providersWords().asBefore(this.entry.name));
  }

  #start(): void {
    this.hub.texts.set(PROVIDER_KEY, this.entry.id);
    this.hub.go("/new");
  }

  get #isModel(): boolean {
    return this.entry.program?.kind === "model";
  }

  #install(): Promise<void> {
    const words = providersWords();
    return this.#change(words.notBegun(this.entry.name), () => installProgram(this.entry.id));
  }

  #cancel(): Promise<void> {
    const words = providersWords();
    return this.#change(words.notCancelled(this.entry.name), async () => {
      await cancelInstall(this.entry.id);
      this.hub.say((this.#isModel ? words.downloadCancelled : words.cancelled)(this.entry.name));
    });
  }

  #remove(): Promise<void> {
    const words = providersWords();
    const { id, name } = this.entry;
    return this.#change(words.notRemoved(name), async () => {
      const isGone = await removeProgram(id);
      this.findings = undefined;
      const again = { label: words.installAgain, run: () => void this.#install() };
      const removed = this.#isModel ? words.modelRemoved : words.removed;
      this.hub.say(isGone ? removed(name) : words.removedLater(name), again);
    });
  }

  async #change(what: string, act: () => Promise<unknown>): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await act();
    } catch (error) {
      this.hub.fail(what, error);
    }
    this.#isAsking = false;
    this.#tellChanged();
  }

  async #check(): Promise<void> {
    if (this.checking) return;
    const checking = new AbortController();
    Object.assign(this, { checking, isOpen: true, checkProblem: undefined });
    try {
      this.findings = await examineProgram(this.entry.id, checking.signal);
    } catch (error) {
      if (!checking.signal.aborted) this.checkProblem = problemOf(error);
    }
    this.checking = undefined;
  }

  #tellChanged(): void {
    this.dispatchEvent(new Event("changed", { bubbles: true, composed: true }));
  }
}

function renderReason(reason: string, told: Phrased = {}): TemplateResult {
  const words = providersWords();
  const why = reason ? renderTold(told, "reason", reason, sentence) : words.unavailableAbout;
  const how = reason.includes("`providers.") ? withCode(words.settingsHow) : nothing;
  return html`<p class="note wide">${why} ${how}</p>`;
}

function stateWord(condition: Condition): string {
  const words = providersWords();
  return condition.kind === "suspended" ? words.suspended(clockTime(condition.until)) : words[condition.kind];
}

function stepWord({ step, total }: Install): string {
  const words = providersWords();
  if (step === "download" && total) return words.downloading(writtenSize(total));
  const steps: Readonly<Record<string, string>> = {
    check: words.stepCheck,
    download: words.stepDownload,
    unpack: words.stepUnpack,
    verify: words.stepVerify,
    try: words.stepTry,
    switch: words.stepSwitch,
  };
  return steps[step] ?? words.installing;
}

function renderQuota({ name, limit, remaining, resetsAt }: Quota): TemplateResult {
  const words = providersWords();
  const names: Readonly<Record<string, string>> = {
    requests: words.requests,
    tokens: words.tokens,
    input_tokens: words.inputTokens,
    output_tokens: words.outputTokens,
  };
  const left = words.quota(written(remaining, "tokens"), written(limit, "tokens"), names[name] ?? name);
  return html`<p class="note wide figures">${sentence(resetsAt ? `${left}, ${words.resets(dateAndTime(resetsAt))}` : left)}</p>`;
}
