import { html, type TemplateResult } from "lit";
import type { ConversationFind } from "./conversation_find.ts";
import type { Match } from "./find.ts";
import type { FindEvent, FindStepEvent } from "./find_bar.ts";
import "./find_bar.ts";
import { FindMarks } from "./find_marks.ts";
import type { RowWindow } from "./row_window.ts";

const HIDDEN_ABOVE_PX = 72;
const HIDDEN_BELOW_PX = 24;
const WELL_IN_VIEW = 0.3;
const MOST_TRIES = 40;
/** Rows that were unfolded are measured a little later, which moves the view once more. */
const CALM_PICTURES = 4;

/** What the person asks of the conversation in the bar. */
export interface FindActs {
  readonly search: (wanted: string) => void;
  readonly step: (by: number) => void;
  readonly leave: () => void;
}

/** Shows in the drawn rows what was found, and takes the reader to the match they asked for. */
export class FindView {
  readonly #find: ConversationFind;
  readonly #acts: FindActs;
  readonly #marks = new FindMarks();
  #isMarked = false;
  #wanted: Match | undefined;
  #tries = 0;
  #calm = 0;

  constructor(find: ConversationFind, acts: FindActs) {
    this.#find = find;
    this.#acts = acts;
  }

  /** The bar where the person says what to find; `partial`: not all was read, `reading`: it is being read. */
  renderBar(partial: boolean, reading: boolean): TemplateResult {
    const { wanted, at, findings } = this.#find;
    return html`<atrium-find-bar
      .wanted=${wanted.value}
      .at=${at.value}
      .total=${findings.value.total}
      ?reading=${reading}
      ?partial=${partial}
      @find=${(event: FindEvent) => this.#acts.search(event.wanted)}
      @step=${(event: FindStepEvent) => this.#acts.step(event.by)}
      @close=${this.#acts.leave}
    ></atrium-find-bar>`;
  }

  /** Learn which match is the one to go to; where it is in the column must be known by then. */
  aim(match: Match | undefined): void {
    this.#wanted = match;
    this.#tries = 0;
    this.#calm = 0;
  }

  /** Mark what is drawn. Returns whether it has to be called again, for the match it looks for is not in its place yet. */
  settle(column: HTMLElement, scroller: HTMLElement, window: RowWindow): boolean {
    if (!this.#find.isOpen.peek()) {
      this.clear();
      return false;
    }
    this.#isMarked = true;
    const ranges = this.#marks.show([...column.querySelectorAll("[data-piece]")], this.#find.wanted.peek());
    const current = this.#find.current.peek();
    const element = current && elementOf(column, current);
    const range = element && nearest(ranges.get(element) ?? [], current.nth);
    this.#marks.point(range);
    if (!this.#wanted || this.#tries++ >= MOST_TRIES) return false;
    if (!element) return true;
    this.#calm = bring(range ?? element, scroller, window) ? this.#calm + 1 : 0;
    if (this.#calm >= CALM_PICTURES) this.#wanted = undefined;
    return this.#wanted !== undefined;
  }

  /** Take the marks away. */
  clear(): void {
    if (this.#isMarked) this.#marks.clear();
    this.#isMarked = false;
    this.#wanted = undefined;
  }
}

function elementOf(column: HTMLElement, { hit }: Match): Element | undefined {
  const turn = `[data-turn-id="${CSS.escape(hit.turnId)}"]`;
  return column.querySelector(`${turn} [data-piece="${CSS.escape(hit.piece)}"]`) ?? undefined;
}

function nearest(ranges: readonly Range[], nth: number): Range | undefined {
  return ranges[Math.min(nth, ranges.length - 1)];
}

/** Unfold what hides a place and move the view to it. Returns whether it was there already. */
function bring(place: Range | Element, scroller: HTMLElement, window: RowWindow): boolean {
  const element = place instanceof Range ? place.startContainer.parentElement : place;
  if (element && isFolded(element, scroller)) {
    window.hold();
    unfold(element, scroller);
    return false;
  }
  if (element) scrollBoxes(element, scroller);
  const view = scroller.getBoundingClientRect();
  const { top, bottom } = place.getBoundingClientRect();
  const isThere = top >= view.top + HIDDEN_ABOVE_PX && bottom <= view.bottom - HIDDEN_BELOW_PX;
  const isTall = bottom - top > view.height / 2 && top >= view.top && top < view.bottom - HIDDEN_ABOVE_PX;
  if (isThere || isTall) return true;
  window.moveBy(top - view.top - view.height * WELL_IN_VIEW);
  return false;
}

const FOLDED = "details:not([open]), .folded";

function isFolded(element: Element, scroller: Element): boolean {
  const folded = element.closest(FOLDED);
  return folded !== null && scroller.contains(folded);
}

/** Open what an element is folded in, and scroll the boxes around it to it. */
function unfold(element: Element, scroller: Element): void {
  for (let at: Element | null = element; at && at !== scroller; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) at.open = true;
    at.querySelector<HTMLElement>(":scope > [data-code=unfold]")?.click();
  }
}

/** Scroll the boxes within the conversation so that an element in them shows. */
function scrollBoxes(element: Element, scroller: Element): void {
  for (let at: Element | null = element; at && at !== scroller; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight + 1 && at.matches("pre, .detail")) centre(element, at);
  }
}

function centre(element: Element, box: Element): void {
  const offset = element.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (offset < 0 || offset > box.clientHeight) box.scrollTop += offset - box.clientHeight / 2;
}
