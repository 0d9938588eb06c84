import { css, html, LitElement, svg, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Unit } from "../../api/usage.ts";
import { controls } from "../../design/controls.ts";
import { measured, type Sum, written, writtenDay } from "./sums.ts";
import { usageWords } from "./words.ts";

const HEIGHT = 100;
const LEAST = 1.5;

/** A bar for each day. The numbers stand in the table below it; a bar that is pointed at says its own. */
@customElement("atrium-usage-chart")
export class UsageChart extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 4px;
        font-size: var(--size-12);
        color: var(--text-muted);
      }

      .plot {
        border-bottom: 1px solid var(--line-strong);
      }

      svg {
        width: 100%;
        height: 144px;
      }

      .bar {
        fill: var(--accent);
      }

      .hit {
        fill: transparent;
      }

      g:hover .hit {
        fill: var(--hover);
      }

      .ends {
        display: flex;
        justify-content: space-between;
      }

      @media (forced-colors: active) {
        .bar {
          fill: CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) days: readonly Sum[] = [];
  @property({ attribute: false }) unit: Unit = "cost";

  protected override render(): TemplateResult {
    const words = usageWords();
    const amounts = this.days.map((day) => measured(day, this.unit));
    const most = Math.max(0, ...amounts);
    const first = writtenDay(this.days[0]?.name ?? "");
    const last = writtenDay(this.days.at(-1)?.name ?? "");
    const label = words.chart(this.unit === "cost" ? words.cost : words.tokens, first, last);
    return html`
      <div class="figures" aria-hidden="true">${written(most, this.unit)}</div>
      <div class="plot">
        <svg viewBox="0 0 ${this.days.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
          ${this.days.map((day, place) => renderBar(day, place, amounts[place] ?? 0, most, this.unit))}
        </svg>
      </div>
      <div class="ends" aria-hidden="true"><span>${first}</span><span>${last}</span></div>
    `;
  }
}

function renderBar(day: Sum, place: number, amount: number, most: number, unit: Unit): TemplateResult {
  const height = amount > 0 ? Math.max(LEAST, (amount / most) * HEIGHT) : 0;
  return svg`
    <g>
      <title>${writtenDay(day.name)}: ${written(amount, unit)}</title>
      <rect class="hit" x=${place} y="0" width="1" height=${HEIGHT}></rect>
      <rect class="bar" x=${place + 0.14} y=${HEIGHT - height} width="0.72" height=${height}></rect>
    </g>
  `;
}
