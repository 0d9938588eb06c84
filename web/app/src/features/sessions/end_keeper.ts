const NEAR_PX = 4;

/** Keeps a scroller at its end while the reader is there, and leaves it alone once they scroll away. */
export class EndKeeper {
  readonly #scroller: HTMLElement;
  readonly #onAway: (isAway: boolean) => void;
  readonly #resizes: ResizeObserver;
  #isAtEnd = true;
  #lastTop = 0;

  constructor(scroller: HTMLElement, onAway: (isAway: boolean) => void) {
    this.#scroller = scroller;
    this.#onAway = onAway;
    this.#resizes = new ResizeObserver(() => this.keep());
    this.#resizes.observe(scroller);
    for (const child of scroller.children) this.#resizes.observe(child);
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
  }

  /** Go to the end and stay there. */
  toEnd(): void {
    this.#set(true);
    this.keep();
  }

  /** Follow what has grown. */
  keep(): void {
    if (!this.#isAtEnd) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** Stop observing. */
  stop(): void {
    this.#resizes.disconnect();
    this.#scroller.removeEventListener("scroll", this.#onScroll);
  }

  readonly #onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const isNear = scrollHeight - clientHeight - scrollTop <= NEAR_PX;
    if (isNear) this.#set(true);
    else if (scrollTop < this.#lastTop) this.#set(false);
    this.#lastTop = scrollTop;
  };

  #set(isAtEnd: boolean): void {
    if (isAtEnd === this.#isAtEnd) return;
    this.#isAtEnd = isAtEnd;
    this.#onAway(!isAtEnd);
  }
}
