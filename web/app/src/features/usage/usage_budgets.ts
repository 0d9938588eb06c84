import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import {
  type Budget,
  EVERY_PROVIDER,
  type Period,
  removeBudget,
  setBudget,
  type Unit,
} from "../../api/usage.ts";
import { controls } from "../../design/controls.ts";
import { pageStyles } from "../../design/page_styles.ts";
import { dateAndTime, fullTime } from "../../design/times.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { written } from "./sums.ts";
import { usageWords } from "./words.ts";

/** The budgets: how much of each is used, and a form to set one. */
@customElement("atrium-usage-budgets")
export class UsageBudgets extends SignalElement {
  static override styles = [
    controls,
    pageStyles,
    css`
      :host {
        display: grid;
        gap: 12px;
        overflow: visible;
        background: none;
      }

      .name {
        font-weight: 500;
        overflow-wrap: anywhere;
      }

      li button {
        grid-row: span 2;
        align-self: center;
      }

      meter {
        grid-column: 1;
        width: 100%;
        height: 6px;
        margin-top: 4px;
        border: 0;
        border-radius: 3px;
        background: var(--selected);
      }

      meter::-webkit-meter-bar {
        height: 6px;
        border: 0;
        border-radius: 3px;
        background: var(--selected);
      }

      meter::-webkit-meter-optimum-value {
        background: var(--accent);
      }

      meter::-webkit-meter-suboptimum-value {
        background: var(--warning);
      }

      meter::-webkit-meter-even-less-good-value {
        background: var(--danger);
      }

      meter::-moz-meter-bar {
        background: var(--accent);
      }

      form {
        display: grid;
        grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1.4fr) auto;
        align-items: start;
        gap: 12px;
      }

      form button {
        margin-top: 23px;
      }

      @media (max-width: 767px) {
        form {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }

        form button {
          grid-column: 1 / -1;
          margin-top: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) budgets: readonly Budget[] = [];
  @state() private isWrong = false;
  @query("form") private form!: HTMLFormElement;

  protected override render(): TemplateResult {
    const words = usageWords();
    return html`
      <h2>${words.budgets}</h2>
      <p class="note">${words.budgetsAbout}</p>
      ${
        this.budgets.length === 0
          ? html`<p class="note">${words.noBudgets}</p>`
          : html`<ul role="list">
            ${this.budgets.map((budget) => this.#renderBudget(budget))}
          </ul>`
      }
      ${this.#renderForm()}
    `;
  }

  #renderBudget(budget: Budget): TemplateResult {
    const words = usageWords();
    const { unit, used, limit, resetsAt } = budget;
    const per = budget.period === "day" ? words.perDay : words.perMonth;
    const most = unit === "tokens" ? words.inTokens(written(limit, unit)) : written(limit, unit);
    const name = `${this.#nameOf(budget.providerId)}, ${most} ${per}`;
    const when = html`<time datetime=${resetsAt} title=${fullTime(resetsAt)}>${words.anew(dateAndTime(resetsAt))}</time>`;
    return html`
      <li data-testid="budget">
        <span class="name">${name}</span>
        <button type="button" class="plain" aria-label=${words.removeOf(name)} ?disabled=${!this.hub.isLive}
          @click=${() => this.#remove(budget)}>${words.remove}</button>
        <span class="note figures">${words.used(written(used, unit), most)} · ${when}</span>
        <meter min="0" max=${limit} low=${limit * 0.8} high=${limit * 0.999} optimum="0" .value=${Math.min(used, limit)}
          aria-label=${name}></meter>
      </li>
    `;
  }

  #renderForm(): TemplateResult {
    const words = usageWords();
    const providers = this.hub.providers.all.value ?? [];
    return html`
      <form novalidate @submit=${this.#set}>
        <label class="field">${words.provider}
          <select class="choice" name="provider">
            <option value=${EVERY_PROVIDER}>${words.everyProvider}</option>
            ${providers.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
          </select>
        </label>
        <label class="field">${words.period}
          <select class="choice" name="period">
            <option value="day">${words.dayChoice}</option>
            <option value="month">${words.monthChoice}</option>
          </select>
        </label>
        <div class="field">
          <label for="limit">${words.limit}</label>
          <input class="text figures" id="limit" name="limit" inputmode="decimal" autocomplete="off"
            aria-invalid=${this.isWrong} aria-describedby="wrong" @input=${this.#forgive} />
          ${this.isWrong ? html`<span class="note problem" id="wrong" role="alert">${words.wrongLimit}</span>` : nothing}
        </div>
        <label class="field">${words.unit}
          <select class="choice" name="unit">
            <option value="cost">${words.dollars}</option>
            <option value="tokens">${words.limitTokens}</option>
          </select>
        </label>
        <button class="primary" ?disabled=${!this.hub.isLive}>${words.set}</button>
      </form>
    `;
  }

  #nameOf(providerId: string): string {
    if (providerId === EVERY_PROVIDER) return usageWords().everyProvider;
    return this.hub.providers.all.value?.find(({ id }) => id === providerId)?.name ?? providerId;
  }

  #forgive(): void {
    this.isWrong = false;
  }

  async #set(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const words = usageWords();
    const given = new FormData(this.form);
    const limit = readLimit(String(given.get("limit") ?? ""));
    this.isWrong = limit === undefined;
    if (limit === undefined) return;
    try {
      const period = String(given.get("period")) as Period;
      await setBudget(String(given.get("provider")), period, String(given.get("unit")) as Unit, limit);
      this.form.reset();
      this.hub.notices.say(words.isSet);
    } catch (error) {
      this.hub.notices.fail(words.notSet, error);
    }
  }

  async #remove(budget: Budget): Promise<void> {
    try {
      await removeBudget(budget);
      this.hub.notices.say(usageWords().removed);
    } catch (error) {
      this.hub.notices.fail(usageWords().notRemoved, error);
    }
  }
}

/** A number above 0 as people write it: `2.5`, `2,5`, `1,000`, `2 000`; `undefined` for anything else. */
export function readLimit(text: string): number | undefined {
  const limit = Number(
    text
      .trim()
      .replace(/^\$/, "")
      .replace(/\s|(?<=\d),(?=\d{3}(,|$))/g, "")
      .replace(",", "."),
  );
  return text.trim() !== "" && Number.isFinite(limit) && limit > 0 ? limit : undefined;
}
