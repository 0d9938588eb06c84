import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ChevronDown } from "lucide";
import { type Approval, answerApproval, type GivenAnswer, type Risk } from "../../api/approvals.ts";
import { ApiProblem } from "../../api/problem.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { Menu } from "../../design/menu.ts";
import "../../design/menu.ts";
import type { Tone } from "../../design/status_word.ts";
import "../../design/status_word.ts";
import type { Hub } from "../../state/hub.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { changesOf, folderPattern, otherArguments, timeLeft } from "./act_text.ts";
import { approvalStyles } from "./approval_styles.ts";
import { type ComparedChange, compared, renderChange } from "./change_view.ts";
import { approvalWords } from "./words.ts";

const TICK_MS = 1_000;
const TONES: Readonly<Record<Risk, Tone>> = { low: "muted", medium: "warning", high: "danger" };

/** A question of an agent: the whole of what it would do, and the answers there are. */
@customElement("atrium-approval")
export class ApprovalCard extends SignalElement {
  static override styles = [controls, approvalStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) approval!: Approval;
  /** Whether the card stands in its session, which then needs no link. */
  @property({ type: Boolean }) inSession = false;
  @state() private isAnswering = false;
  @state() private isRejecting = false;
  /** `undefined` until they are compared: nobody can allow what is not shown. */
  @state() private changes: readonly ComparedChange[] | undefined;
  @query(".text") private field?: HTMLInputElement | null;
  @query("atrium-menu") private menu?: Menu;
  #clock: ReturnType<typeof setInterval> | undefined;
  #digest = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  protected override willUpdate(): void {
    if (this.approval.digest !== this.#digest) void this.#compare();
  }

  protected override render(): TemplateResult {
    const words = approvalWords();
    const { approval } = this;
    const risks: Readonly<Record<Risk, string>> = {
      low: words.riskLow,
      medium: words.riskMedium,
      high: words.riskHigh,
    };
    return html`
      <article aria-labelledby="title" data-testid="approval">
        <header>
          <h3 id="title">${approval.title}</h3>
          <atrium-status tone=${TONES[approval.risk]} title=${words.leftAbout}
            >${risks[approval.risk]} · ${words.left(timeLeft(approval.expiresAt, Date.now()))}</atrium-status
          >
        </header>
        ${this.#renderAct()} ${this.isRejecting ? this.#renderRejection() : this.#renderAnswers()}
      </article>
    `;
  }

  #renderAct(): TemplateResult {
    const words = approvalWords();
    const { act, reason } = this.approval;
    const others = otherArguments(act);
    const changes = this.changes ?? [];
    return html`
      ${act.command === null ? nothing : html`<pre tabindex="0" dir="ltr">${act.command}</pre>`}
      ${changes.map(renderChange)} ${others ? html`<pre tabindex="0" dir="ltr">${others}</pre>` : nothing}
      <dl>
        ${act.cwd ? renderFact(words.folder, act.cwd) : nothing}
        ${act.paths.length > 0 && changes.length === 0 ? renderFact(words.paths, act.paths.join("\n")) : nothing}
        ${act.env.length > 0 ? renderFact(words.environment, act.env.join(", ")) : nothing}
        ${reason ? html`<dt>${words.because}</dt><dd dir="auto">${reason}</dd>` : nothing}
      </dl>
      ${act.warnings.map(
        (warning) =>
          html`<p class="warning">${warning === "not_ascii" ? words.notAscii : words.hiddenCharacters}</p>`,
      )}
    `;
  }

  #renderAnswers(): TemplateResult {
    const words = approvalWords();
    const isDeaf = this.isAnswering || !this.hub.isLive || this.changes === undefined;
    return html`
      <div class="answers">
        <button type="button" class="primary" ?disabled=${isDeaf} @click=${() => this.#answer({ answer: "allow" })}>
          ${words.allow}
        </button>
        <button type="button" class="plain" ?disabled=${isDeaf} @click=${this.#beginRejection}>${words.reject}</button>
        ${this.#renderMore(isDeaf)}
        ${
          this.inSession || this.approval.sessionId === null
            ? nothing
            : html`<button type="button" class="quiet" @click=${this.#openSession}>${words.openSession}</button>`
        }
      </div>
    `;
  }

  #renderMore(isDeaf: boolean): TemplateResult | typeof nothing {
    const words = approvalWords();
    const pattern = folderPattern(this.approval);
    const canSession = this.approval.options.includes("allow_session") && pattern !== undefined;
    const canAlways = this.approval.options.includes("allow_always");
    if (!canSession && !canAlways) return nothing;
    const items = [
      ...(canSession
        ? [{ label: words.within(pattern), run: () => this.#answer({ answer: "allow_session", pattern }) }]
        : []),
      ...(canAlways ? [{ label: words.always, run: () => this.#answer({ answer: "allow_always" }) }] : []),
    ];
    return html`
      <button
        type="button"
        class="plain square"
        aria-label=${words.more}
        aria-haspopup="menu"
        aria-expanded="false"
        ?disabled=${isDeaf}
        @click=${(event: Event) => this.menu?.toggleAt(event.currentTarget as HTMLElement)}
      >
        ${icon(ChevronDown)}
      </button>
      <atrium-menu label=${words.more} .items=${items}></atrium-menu>
    `;
  }

  #renderRejection(): TemplateResult {
    const words = approvalWords();
    return html`
      <form class="answers" @submit=${this.#reject}>
        <input class="text" dir="auto" maxlength="4000" aria-label=${words.message} placeholder=${words.message} />
        <button type="submit" class="primary" ?disabled=${this.isAnswering || !this.hub.isLive}>${words.reject}</button>
        <button type="button" class="quiet" @click=${this.#endRejection}>${words.keepAsking}</button>
      </form>
    `;
  }

  async #compare(): Promise<void> {
    const { digest, act } = this.approval;
    this.#digest = digest;
    this.changes = undefined;
    const changes = await Promise.all(changesOf(act).map(compared));
    if (this.#digest === digest) this.changes = changes;
  }

  async #beginRejection(): Promise<void> {
    this.isRejecting = true;
    await this.updateComplete;
    this.field?.focus();
  }

  #endRejection(): void {
    this.isRejecting = false;
  }

  #reject(event: Event): void {
    event.preventDefault();
    const message = this.field?.value.trim() ?? "";
    void this.#answer({ answer: "reject", ...(message && { message }) });
  }

  #openSession(): void {
    if (this.approval.sessionId !== null) this.hub.router.go(sessionPath(this.approval.sessionId));
  }

  async #answer(given: GivenAnswer): Promise<void> {
    if (this.isAnswering) return;
    this.isAnswering = true;
    try {
      await answerApproval(this.approval, given);
      this.hub.approvals.forget(this.approval.id);
    } catch (error) {
      if (error instanceof ApiProblem && [404, 409].includes(error.problem.status)) {
        this.hub.approvals.forget(this.approval.id);
      }
      this.hub.notices.fail(approvalWords().notAnswered, error);
    } finally {
      this.isAnswering = false;
    }
  }
}

function renderFact(name: string, value: string): TemplateResult {
  return html`<dt>${name}</dt><dd class="mono" dir="ltr">${value}</dd>`;
}
