import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type Problem, problemOf } from "../../api/problem.ts";
import { type Amounts, type ProviderUsage, readUsage, type Unit, type UsageReport } from "../../api/usage.ts";
import { controls } from "../../design/controls.ts";
import "../../design/empty_state.ts";
import { pageStyles } from "../../design/page_styles.ts";
import "../../design/progress.ts";
import type { Segmented } from "../../design/segmented.ts";
import "../../design/segmented.ts";
import { dateAndTime } from "../../design/times.ts";
import { withCode } from "../../design/words.ts";
import { problemText } from "../../language/problems.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { asCsv, type Sum, sumsByDay, sumsByProvider, tokensOf, unitOf, written, writtenDay } from "./sums.ts";
import "./usage_budgets.ts";
import "./usage_chart.ts";
import { usageStyles } from "./usage_styles.ts";
import { usageWords } from "./words.ts";

const SPANS = [7, 30, 90] as const;

/** What the person's turns used, day by day and by provider, what is left of limits, and budgets. */
@customElement("atrium-usage-room")
export class UsageRoom extends SignalElement implements Room {
  static override styles = [controls, pageStyles, usageStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/usage", params: {} };
  @state() private report: UsageReport | undefined;
  @state() private problem: Problem | undefined;
  @state() private isMissing = false;
  @state() private days = 30;
  @state() private chosen: Unit | undefined;
  #end: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = `${shellWords().usage} · Atrium`;
    this.#end = this.hub.followTopic<unknown>("usage", {
      apply: () => {
        this.isMissing = false;
        void this.#read();
      },
      gone: () => {
        this.isMissing = true;
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="page" data-testid="usage-page">
        <h1>${shellWords().usage}</h1>
        ${this.#renderContent()}
      </div>
    `;
  }

  #renderContent(): TemplateResult {
    const words = usageWords();
    if (this.isMissing) return html`<p class="note">${words.unknown}</p>`;
    if (!this.report) {
      return this.problem
        ? html`<p class="note" role="status">${words.notRead} ${withCode(problemText(this.problem))}</p>`
        : html`<atrium-progress class="late" label=${words.reading}></atrium-progress>`;
    }
    const { report } = this;
    return html`
      ${
        report.total.turns === 0 && this.days === 30
          ? html`<atrium-empty heading=${words.nothing}>${words.nothingAbout}</atrium-empty>`
          : html`<section>${this.#renderChoices()} ${this.#renderTotals(report.total)}
            <atrium-usage-chart .days=${sumsByDay(report)} .unit=${this.#unit}></atrium-usage-chart>
            <p class="note">${words.utc} ${report.total.unpriced ? words.unpriced(report.total.unpriced) : nothing}</p>
          </section>
          <section aria-labelledby="providers">
            <h2 id="providers">${words.byProvider}</h2>
            ${this.#renderTable(words.provider, sumsByProvider(report), (name) => this.#nameOf(name))}
            <details>
              <summary>${words.byDay}</summary>
              ${this.#renderTable(
                words.day,
                sumsByDay(report)
                  .filter(({ turns }) => turns > 0)
                  .reverse(),
                writtenDay,
              )}
            </details>
          </section>`
      }
      ${this.#renderLimits(report.providers)}
      <section>
        <atrium-usage-budgets .hub=${this.hub} .budgets=${report.budgets}></atrium-usage-budgets>
      </section>
    `;
  }

  #renderChoices(): TemplateResult {
    const words = usageWords();
    const spans = SPANS.map((days) => ({ value: String(days), label: words.days(days) }));
    const units = [
      { value: "cost", label: words.cost },
      { value: "tokens", label: words.tokens },
    ];
    return html`
      <div class="bar-of-choices">
        <atrium-segmented label=${words.span} .choices=${spans} .value=${String(this.days)}
          @change=${(event: Event) => this.#span(Number((event.target as Segmented).value))}></atrium-segmented>
        <atrium-segmented label=${words.measure} .choices=${units} .value=${this.#unit}
          @change=${(event: Event) => {
            this.chosen = (event.target as Segmented).value as Unit;
          }}></atrium-segmented>
        <button type="button" class="plain" @click=${this.#export}>${words.exportCsv}</button>
      </div>
    `;
  }

  /** What is chosen, or else what there is something of. */
  get #unit(): Unit {
    return this.chosen ?? (this.report ? unitOf(this.report.total) : "cost");
  }

  #renderTotals(total: Amounts): TemplateResult {
    const words = usageWords();
    return html`
      <dl class="totals figures">
        <div><dt>${words.cost}</dt><dd>${written(total.cost, "cost")}</dd></div>
        <div><dt>${words.tokens}</dt><dd>${written(tokensOf(total), "tokens")}</dd></div>
        <div><dt>${words.turns}</dt><dd>${written(total.turns, "tokens")}</dd></div>
      </dl>
    `;
  }

  #renderTable(heading: string, sums: readonly Sum[], nameOf: (name: string) => string): TemplateResult {
    const words = usageWords();
    return html`
      <table>
        <thead>
          <tr>
            <th scope="col">${heading}</th>
            <th scope="col" class="wide">${words.turns}</th>
            <th scope="col">${words.input}</th>
            <th scope="col" class="wide">${words.cached}</th>
            <th scope="col">${words.output}</th>
            <th scope="col">${words.cost}</th>
          </tr>
        </thead>
        <tbody>
          ${sums.map(
            (sum) => html`<tr>
              <th scope="row">${nameOf(sum.name)}</th>
              <td class="wide">${written(sum.turns, "tokens")}</td>
              <td>${written(sum.inputTokens, "tokens")}</td>
              <td class="wide">${written(sum.cachedTokens, "tokens")}</td>
              <td>${written(sum.outputTokens, "tokens")}</td>
              <td>${sum.unpriced === sum.turns ? words.noPrice : written(sum.cost, "cost")}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    `;
  }

  #renderLimits(providers: readonly ProviderUsage[]): TemplateResult | typeof nothing {
    const words = usageWords();
    const names: Readonly<Record<string, string>> = {
      requests: words.requests,
      tokens: words.limitTokens,
      input_tokens: words.inputTokens,
      output_tokens: words.outputTokens,
    };
    const rows = providers.flatMap(({ id, quotas }) => quotas.map((quota) => ({ ...quota, id })));
    if (rows.length === 0) return nothing;
    return html`
      <section aria-labelledby="limits">
        <h2 id="limits">${words.limits}</h2>
        <ul role="list">
          ${rows.map(
            ({ id, name, limit, remaining, resetsAt }) => html`<li>
              <span>${this.#nameOf(id)}</span>
              <span class="figures">${words.left(written(remaining, "tokens"), written(limit, "tokens"), names[name] ?? name)}</span>
              ${resetsAt ? html`<span class="note">${words.resets(dateAndTime(resetsAt))}</span>` : nothing}
            </li>`,
          )}
        </ul>
      </section>
    `;
  }

  #nameOf(providerId: string): string {
    return this.hub.providers.all.value?.find(({ id }) => id === providerId)?.name ?? providerId;
  }

  #span(days: number): void {
    this.days = days;
    void this.#read();
  }

  async #read(): Promise<void> {
    const { days } = this;
    try {
      const report = await readUsage(days);
      if (days !== this.days) return;
      this.report = report;
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  #export(): void {
    if (!this.report) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asCsv(this.report.days)], { type: "text/csv" }));
    link.download = `usage-${this.report.firstDay}-${this.report.lastDay}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
