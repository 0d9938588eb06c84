import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { ListRow } from "./list_rows.ts";

/** A row to draw, and where it begins, in pixels. */
export interface Placed {
  readonly index: number;
  readonly start: number;
}

const ROWS_BEYOND = 6;
const HEADING_PX = 32;
const ROW_PX = 32;

type List = Virtualizer<HTMLElement, HTMLElement>;

/** Chooses the rows of a long list that have to be drawn. All rows of a kind are of one height: nothing is measured. */
export class ListWindow {
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  readonly #list: List;
  readonly #unmount: () => void;
  #rows: readonly ListRow[] = [];
  #kept = -1;
  #rowHeight = ROW_PX;
  // Always the same functions: others would make the list measure all of its rows again.
  readonly #keyAt = (index: number): string | number => this.#rows[index]?.key ?? index;
  readonly #heightAt = (index: number): number =>
    this.#rows[index]?.kind === "heading" ? HEADING_PX : this.#rowHeight;

  constructor(scroller: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#onChange = onChange;
    this.#list = new Virtualizer(this.#options());
    this.#unmount = this.#list._didMount();
  }

  /** Take the rows and say which are to be drawn; the `kept` one, which has the focus, also out of sight. */
  show(rows: readonly ListRow[], kept: number): readonly Placed[] {
    const rowHeight = heightOfControls(this.#scroller);
    const isOther = rows !== this.#rows || rowHeight !== this.#rowHeight;
    this.#rows = rows;
    this.#kept = kept;
    this.#rowHeight = rowHeight;
    this.#list.setOptions(this.#options());
    if (isOther) this.#list.measure();
    return this.#list.getVirtualItems().map(({ index, start }) => ({ index, start }));
  }

  /** Put what is drawn where it belongs. The policy of the page allows no style attributes, so it is done from here. */
  place(column: HTMLElement, placed: readonly Placed[]): void {
    column.style.height = `${this.#list.getTotalSize()}px`;
    const starts = new Map(placed.map(({ index, start }) => [String(index), start]));
    for (const row of column.querySelectorAll<HTMLElement>(":scope > [data-index]")) {
      const start = starts.get(row.dataset.index ?? "");
      if (start !== undefined) row.style.transform = `translateY(${start}px)`;
    }
    this.#list._willUpdate();
  }

  /** Bring a row into view, with the heading above it. */
  reveal(index: number): void {
    const isBelowHeading = this.#rows[index - 1]?.kind === "heading";
    if (isBelowHeading) this.#list.scrollToIndex(index - 1, { align: "auto" });
    this.#list.scrollToIndex(index, { align: "auto" });
  }

  /** Go to the beginning. */
  toStart(): void {
    this.#scroller.scrollTop = 0;
  }

  /** How many rows of sessions fit into view. */
  get page(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
  }

  /** Stop observing. */
  stop(): void {
    this.#unmount();
  }

  #options(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    return {
      count: this.#rows.length,
      getScrollElement: () => this.#scroller,
      estimateSize: this.#heightAt,
      getItemKey: this.#keyAt,
      initialRect: { width: this.#scroller.clientWidth, height: this.#scroller.clientHeight },
      overscan: ROWS_BEYOND,
      rangeExtractor: (range) => {
        const indexes = defaultRangeExtractor(range);
        if (this.#kept < 0 || indexes.includes(this.#kept)) return indexes;
        return [...indexes, this.#kept].sort((a, b) => a - b);
      },
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: this.#onChange,
    };
  }
}

function heightOfControls(element: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(element).getPropertyValue("--control")) || ROW_PX;
}
