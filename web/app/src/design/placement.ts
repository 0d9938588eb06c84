/** Where a popover stands: beside which edge of its anchor, and at which end of it. */
export type Placement = "top" | "bottom" | "left" | "right" | "bottom-start" | "bottom-end";

/** What a popover can be beside: an element, or a point of the window. */
export interface Anchor {
  getBoundingClientRect(): DOMRectReadOnly;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const GAP_PX = 4;
const EDGE_PX = 8;

/** Keep a popover beside what it belongs to, inside the window, while both are shown. Returns what ends it. */
export function keepBeside(anchor: Anchor, popover: HTMLElement, placement: Placement): () => void {
  let frame = 0;
  let known = "";
  // Whatever moves the anchor, a list that grows as well as a scroll: it is looked at before each picture.
  const place = (): void => {
    if (!popover.isConnected) return;
    frame = requestAnimationFrame(place);
    const rect = anchor.getBoundingClientRect();
    const size = { width: popover.offsetWidth, height: popover.offsetHeight };
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const now = [rect.x, rect.y, rect.width, rect.height, size.width, size.height, width, height].join();
    if (now === known) return;
    known = now;
    const isRtl = getComputedStyle(popover).direction === "rtl";
    const { x, y } = placeBeside(rect, size, { width, height }, placement, isRtl);
    popover.style.left = `${x}px`;
    popover.style.top = `${y}px`;
  };
  place();
  return () => cancelAnimationFrame(frame);
}

/** A point of the window, as something to be beside. */
export function pointAt(x: number, y: number): Anchor {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}

/** Where a popover's corner is, in pixels of the window: on the other side where there is no room, and inside in any case. */
export function placeBeside(
  anchor: DOMRectReadOnly,
  size: Size,
  window: Size,
  placement: Placement,
  isRtl = false,
): { readonly x: number; readonly y: number } {
  const [side, end] = placement.split("-");
  const across = { from: anchor.left, to: anchor.right, length: size.width, room: window.width };
  const down = { from: anchor.top, to: anchor.bottom, length: size.height, room: window.height };
  const isBefore = side === "top" || side === "left";
  if (side === "left" || side === "right") return { x: beside(across, isBefore), y: along(down, undefined) };
  const isAtEnd = end === undefined ? undefined : (end === "end") !== isRtl;
  return { x: along(across, isAtEnd), y: beside(down, isBefore) };
}

/** One axis: from where to where the anchor is, how long the popover is, and how much room there is. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly room: number;
}

function beside(axis: Axis, isBefore: boolean): number {
  const before = axis.from - GAP_PX - axis.length;
  const after = axis.to + GAP_PX;
  const [first, second] = isBefore ? [before, after] : [after, before];
  return inside(axis, first) !== first && inside(axis, second) === second ? second : inside(axis, first);
}

function along(axis: Axis, isAtEnd: boolean | undefined): number {
  const { from, to, length } = axis;
  if (isAtEnd === undefined) return inside(axis, (from + to - length) / 2);
  return inside(axis, isAtEnd ? to - length : from);
}

function inside({ length, room }: Axis, start: number): number {
  return Math.max(EDGE_PX, Math.min(start, room - EDGE_PX - length));
}
