import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";

/** A row of a long column: what it is known by, and how high it probably is, in pixels. */
export interface Row {
  readonly key: string;
  readonly estimate: number;
}

/** The part of a column that is drawn, and the room that the rest of it takes, in pixels. */
export interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

/** Where a reader is: a row, and how far its top lies above the view, in pixels; `undefined` at the end. */
export type ReaderPlace = { readonly key: string; readonly above: number } | undefined;

const NEAR_PX = 4;
const ROWS_BEYOND = 4;
const NOTHING: Drawn = { from: 0, to: 0, before: 0, after: 0 };

type Column = Virtualizer<HTMLElement, HTMLElement>;

/**
 * Chooses the rows of a long column that have to be drawn. It stays at the end while the reader is there; elsewhere it keeps
 * what they look at where it is, whatever grows above or below.
 */
export class RowWindow {
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  readonly #column: Column;
  readonly #unmount: () => void;
  readonly #resizes: ResizeObserver;
  #rows: readonly Row[] = [];
  #keyAt: (index: number) => string = () => "";
  #drawn: Drawn = NOTHING;
  #wasAtEnd = true;
  /** How far it was scrolled when that was last heard, in pixels. */
  #top = 0;
  #isOpened = false;
  #isHeld = false;

  constructor(scroller: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#onChange = onChange;
    // Before the column hears of the same scrolling, and draws for it.
    scroller.addEventListener("scroll", this.#noteEnd, { passive: true });
    this.#column = new Virtualizer(this.#options());
    this.#unmount = this.#column._didMount();
    this.#resizes = new ResizeObserver(() => this.#resized());
    this.#resizes.observe(scroller);
  }

  /** Take the rows and say which are to be drawn: between two elements, `before` and `after`, that hold the room of the rest. */
  show(rows: readonly Row[]): Drawn {
    if (isOtherOrder(this.#rows, rows)) this.#keyAt = (index) => this.#rows[index]?.key ?? "";
    this.#rows = rows;
    this.#column.setOptions(this.#options());
    const items = this.#column.getVirtualItems();
    this.#drawn = drawn(items, this.#column.getTotalSize());
    return this.#drawn;
  }

  /** Learn that what was to be drawn is there: keep the room of the rest, stay where the reader is, measure the rows. */
  settle(column: HTMLElement): void {
    setHeight(column.querySelector(":scope > .before"), this.#drawn.before);
    setHeight(column.querySelector(":scope > .after"), this.#drawn.after);
    this.#column._willUpdate();
    if (!this.#isOpened && this.#rows.length > 0) this.#open();
    for (const row of column.querySelectorAll<HTMLElement>(":scope > [data-index]"))
      this.#column.measureElement(row);
    this.#column.measureElement(null);
    if (this.#wasAtEnd && !this.#isHeld && this.isAway) this.#followEnd();
  }

  /** Go to the end and stay there: also at the end of rows that are drawn and measured only later. */
  toEnd(): void {
    this.#wasAtEnd = true;
    this.#column.scrollToEnd();
  }

  /** Bring a row into view. */
  reveal(index: number, align: "start" | "center" = "center"): void {
    this.#column.scrollToIndex(index, { align });
  }

  /** Move the view over the column, downwards if positive: as a reader does, whatever the column was about to do. */
  moveBy(pixels: number): void {
    this.#column.cancelScroll();
    this.#scroller.scrollTop += pixels;
  }

  /** Where the reader is now. */
  get place(): ReaderPlace {
    const offset = this.#scroller.scrollTop;
    const item = this.isAway ? this.#column.getVirtualItemForOffset(offset) : undefined;
    return item && { key: String(item.key), above: offset - item.start };
  }

  /** The first row that is in view, at least in part. */
  get firstInView(): number {
    return this.#column.getVirtualItemForOffset(this.#scroller.scrollTop)?.index ?? 0;
  }

  /** The first row that is drawn. */
  get drawnFrom(): number {
    return this.#drawn.from;
  }

  /** Whether a row is drawn, though perhaps not in view. */
  isDrawn(index: number): boolean {
    return index >= this.#drawn.from && index < this.#drawn.to;
  }

  /** Bring the reader back to where they were. */
  goTo(place: ReaderPlace): void {
    const index = place ? this.#rows.findIndex(({ key }) => key === place.key) : -1;
    const start = this.#column.getOffsetForIndex(index, "start")?.[0];
    if (!place || index < 0 || start === undefined) this.toEnd();
    else this.#column.scrollToOffset(start + place.above);
  }

  /** Let what the reader opens now grow downwards, also at the end, instead of pushing up what they look at. */
  hold(): void {
    this.#isHeld = true;
    this.#wasAtEnd = false;
    this.#column.setOptions(this.#options());
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.#isHeld = false;
        this.#onChange();
      }),
    );
  }

  /** Whether the end is not in view. */
  get isAway(): boolean {
    return this.#isOpened && !this.#column.isAtEnd(NEAR_PX);
  }

  /** Stop observing. */
  stop(): void {
    this.#resizes.disconnect();
    this.#scroller.removeEventListener("scroll", this.#noteEnd);
    this.#unmount();
  }

  /** Go after the end, unless the reader has just left it. */
  #followEnd(): void {
    this.#noteEnd();
    if (this.#wasAtEnd) this.#column.scrollToEnd();
  }

  /** A conversation opens at its end. */
  #open(): void {
    this.#isOpened = true;
    this.#column.scrollToEnd();
  }

  /** A scroller that became lower, for the composer grew, still shows the end. */
  #resized(): void {
    if (this.#wasAtEnd && this.#isOpened) this.#column.scrollToEnd();
  }

  /** Only who goes up leaves the end; what grows below does not take them from it. */
  readonly #noteEnd = (): void => {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    if (scrollHeight - scrollTop - clientHeight <= NEAR_PX) this.#wasAtEnd = true;
    else if (scrollTop < this.#top) this.#wasAtEnd = false;
    this.#top = scrollTop;
  };

  #options(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    return {
      count: this.#rows.length,
      getScrollElement: () => this.#scroller,
      estimateSize: (index) => this.#rows[index]?.estimate ?? 0,
      getItemKey: this.#keyAt,
      initialOffset: () => this.#rows.reduce((height, { estimate }) => height + estimate, 0),
      initialRect: { width: this.#scroller.clientWidth, height: this.#scroller.clientHeight },
      overscan: ROWS_BEYOND,
      anchorTo: this.#isHeld ? "start" : "end",
      followOnAppend: true,
      scrollEndThreshold: NEAR_PX,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: this.#onChange,
    };
  }
}

function drawn(items: readonly VirtualItem[], total: number): Drawn {
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return { ...NOTHING, after: total };
  return { from: first.index, to: last.index + 1, before: first.start, after: Math.max(0, total - last.end) };
}

function isOtherOrder(known: readonly Row[], rows: readonly Row[]): boolean {
  return (
    known.length !== rows.length || known[0]?.key !== rows[0]?.key || known.at(-1)?.key !== rows.at(-1)?.key
  );
}

/** Through the object model: the policy of the page allows no style attributes. */
function setHeight(room: Element | null, height: number): void {
  if (room instanceof HTMLElement) room.style.height = `${height}px`;
}
