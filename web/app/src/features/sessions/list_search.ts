import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { Search, X } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./list_filters.ts";
import { type FacetValues, QueryEvent } from "./list_filters.ts";
import { type Facet, type ListQuery, toggled } from "./list_query.ts";
import { listWords } from "./list_words.ts";

const FACETS: readonly Facet[] = ["states", "tags", "providers"];

/** What the list is searched and filtered by. Fires `query` (`QueryEvent`), `leave` and `open-first`. */
@customElement("atrium-list-search")
export class ListSearch extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        padding: 0 8px 4px;
      }

      .search {
        display: flex;
        align-items: center;
        gap: 0;
        border-radius: var(--radius-control);
        background: var(--hover);
      }

      .search:focus-within {
        outline: 2px solid var(--focus);
        outline-offset: -2px;
      }

      .glass {
        flex: none;
        padding: 0 4px;
        color: var(--text-muted);
      }

      input {
        flex: 1;
        min-width: 0;
        min-height: var(--control);
        padding: 0;
        border: 0;
        outline: none;
        background: none;
        font-size: var(--size-14);
        font-weight: 400;
      }

      input:focus-visible {
        outline: none;
      }

      input::placeholder {
        color: var(--text-muted);
        opacity: 1;
      }

      input::-webkit-search-cancel-button {
        display: none;
      }

      .search > kbd {
        padding: 0 4px;
      }

      .search:focus-within > kbd {
        display: none;
      }

      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        padding-top: 6px;
      }

      .chip {
        gap: 4px;
        max-width: 100%;
        min-height: 24px;
        padding-block: 0;
        padding-inline: 8px 6px;
        border-color: var(--line-strong);
        font-size: var(--size-12);
      }

      .chip span {
        overflow: hidden;
        text-overflow: ellipsis;
      }

      .chip svg {
        width: 12px;
        height: 12px;
        color: var(--text-muted);
      }

      .chip:hover {
        background: var(--hover);
      }

      @media (max-width: 767px) {
        input {
          font-size: var(--size-16);
        }

        .chip {
          min-height: 36px;
          font-size: var(--size-13);
        }

        kbd {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) query!: ListQuery;
  @property({ attribute: false }) values!: FacetValues;
  @query("input") private field!: HTMLInputElement;

  override focus(): void {
    this.field.focus();
    this.field.select();
  }

  protected override render(): TemplateResult {
    const words = listWords();
    const { text } = this.query;
    return html`
      <div class="search" role="search">
        <span class="glass">${icon(Search)}</span>
        <input
          type="search"
          aria-label=${words.searchSessions}
          placeholder=${words.search}
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck="false"
          enterkeyhint="go"
          data-testid="list-search"
          .value=${text}
          @input=${() => this.#ask({ ...this.query, text: this.field.value })}
          @keydown=${this.#onKey}
        />
        ${text ? this.#renderClear() : html`<kbd>/</kbd>`}
        <atrium-list-filters .query=${this.query} .values=${this.values} @query=${(event: QueryEvent) => this.#ask(event.query)}></atrium-list-filters>
      </div>
      ${this.#renderChips()}
    `;
  }

  #renderClear(): TemplateResult {
    const clear = (): void => {
      this.#ask({ ...this.query, text: "" });
      this.field.focus();
    };
    return html`
      <button type="button" class="quiet square" aria-label=${listWords().clearSearch} @click=${clear}>${icon(X)}</button>
    `;
  }

  #renderChips(): TemplateResult | typeof nothing {
    const chosen = FACETS.flatMap((facet) =>
      [...(this.query[facet] as ReadonlySet<string>)].map((value) => ({ facet, value })),
    );
    if (chosen.length === 0) return nothing;
    return html`
      <div class="chips" role="group" aria-label=${listWords().filters}>
        ${chosen.map(({ facet, value }) => this.#renderChip(facet, value))}
      </div>
    `;
  }

  #renderChip(facet: Facet, value: string): TemplateResult {
    const label = this.values[facet].find((known) => known.value === value)?.label ?? value;
    return html`
      <button
        type="button"
        class="chip"
        data-testid="filter-chip"
        aria-label=${listWords().withoutFilter(label)}
        @click=${() => this.#ask(toggled(this.query, facet, value))}
      >
        <span>${label}</span>${icon(X)}
      </button>
    `;
  }

  #ask(query: ListQuery): void {
    this.dispatchEvent(new QueryEvent(query));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (key === "ArrowDown") this.dispatchEvent(new Event("leave"));
    else if (key === "Enter") this.dispatchEvent(new Event("open-first"));
    else if (key === "Escape" && this.query.text) this.#ask({ ...this.query, text: "" });
    else if (key === "Escape") this.dispatchEvent(new Event("leave"));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
