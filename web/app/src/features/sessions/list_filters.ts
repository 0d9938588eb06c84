import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { ListFilter } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { keepBeside } from "../../design/placement.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { type Facet, type ListQuery, toggled } from "./list_query.ts";
import { listWords } from "./list_words.ts";

/** A value that sessions can be chosen by, and how many have it. */
export interface FacetValue {
  readonly value: string;
  readonly label: string;
  readonly count: number;
}

/** What can be chosen in each set of a query. */
export type FacetValues = Readonly<Record<Facet, readonly FacetValue[]>>;

/** A query that a person changed. */
export class QueryEvent extends Event {
  constructor(readonly query: ListQuery) {
    super("query");
  }
}

/** A button, and below it what the list can be filtered by. Fires `query` (`QueryEvent`). */
@customElement("atrium-list-filters")
export class ListFilters extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }

      .button {
        flex: none;
        width: var(--control);
        padding: 0;
      }

      .panel {
        position: fixed;
        inset: auto;
        width: 16rem;
        max-width: calc(100vw - 16px);
        max-height: min(32rem, calc(100dvh - 16px));
        margin: 0;
        padding: 8px;
        border: 0;
        border-radius: var(--radius-surface);
        overflow-y: auto;
        scrollbar-width: thin;
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: var(--elevation);
      }

      fieldset {
        min-width: 0;
        margin: 0;
        padding: 0;
        border: 0;
      }

      fieldset + fieldset {
        margin-top: 8px;
        padding-top: 8px;
        border-top: 1px solid var(--line);
      }

      legend {
        float: inline-start;
        width: 100%;
        padding: 4px 8px;
        font-size: var(--size-12);
        font-weight: 500;
        color: var(--text-muted);
      }

      label {
        clear: both;
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: var(--control);
        padding: 0 8px;
        border-radius: var(--radius-control);
        font-size: var(--size-13);
        cursor: pointer;
      }

      label:hover {
        background: var(--hover);
      }

      input {
        flex: none;
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--accent);
      }

      .name {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .figures {
        font-size: var(--size-12);
        color: var(--text-muted);
      }

      @media (forced-colors: active) {
        .panel {
          border: 1px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) query!: ListQuery;
  @property({ attribute: false }) values!: FacetValues;
  @query("button") private opener!: HTMLButtonElement;
  @query(".panel") private panel!: HTMLElement;
  #unplace: (() => void) | undefined;

  /** Open it, or close it if it is open. */
  toggle(): void {
    this.panel.togglePopover();
  }

  protected override render(): TemplateResult {
    const words = listWords();
    return html`
      <button
        type="button"
        class="button quiet"
        aria-haspopup="dialog"
        aria-expanded="false"
        aria-label=${words.filter}
        title=${words.filter}
        data-testid="list-filter"
        @click=${this.toggle}
      >
        ${icon(ListFilter)}
      </button>
      <div
        class="panel"
        popover
        role="dialog"
        aria-label=${words.filters}
        data-testid="list-filters"
        @toggle=${this.#onToggle}
        @keydown=${this.#onKey}
      >
        ${this.#renderFacet("states", words.state)} ${this.#renderFacet("tags", words.tags)}
        ${this.values.providers.length > 1 ? this.#renderFacet("providers", words.providers) : nothing}
      </div>
    `;
  }

  #renderFacet(facet: Facet, name: string): TemplateResult | typeof nothing {
    const values = this.values[facet];
    if (values.length === 0) return nothing;
    const chosen: ReadonlySet<string> = this.query[facet];
    return html`
      <fieldset>
        <legend>${name}</legend>
        ${values.map(
          ({ value, label, count }) => html`
            <label>
              <input
                type="checkbox"
                .checked=${chosen.has(value)}
                @change=${() => this.dispatchEvent(new QueryEvent(toggled(this.query, facet, value)))}
              />
              <span class="name">${label}</span><span class="figures">${count}</span>
            </label>
          `,
        )}
      </fieldset>
    `;
  }

  #onToggle(event: ToggleEvent): void {
    const isOpen = event.newState === "open";
    this.opener.setAttribute("aria-expanded", String(isOpen));
    this.#unplace?.();
    this.#unplace = isOpen ? keepBeside(this.opener, this.panel, "bottom-end") : undefined;
    if (isOpen) this.panel.querySelector("input")?.focus({ preventScroll: true });
  }

  /** Arrows as well as Tab; nothing pressed here is meant for the list or the conversation. */
  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const inputs = [...this.panel.querySelectorAll("input")];
    const at = inputs.indexOf(this.shadowRoot?.activeElement as HTMLInputElement);
    inputs[(at + by + inputs.length) % inputs.length]?.focus();
  }
}
