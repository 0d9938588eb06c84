import {
  autoUpdate,
  computePosition,
  flip,
  offset,
  type Placement,
  shift,
  type VirtualElement,
} from "@floating-ui/dom";

const GAP_PX = 4;
const EDGE_PX = 8;

/** Keep a popover beside what it belongs to, inside the window, while both are shown. Returns what ends it. */
export function keepBeside(
  anchor: Element | VirtualElement,
  popover: HTMLElement,
  placement: Placement,
): () => void {
  const place = async (): Promise<void> => {
    const { x, y } = await computePosition(anchor, popover, {
      placement,
      strategy: "fixed",
      middleware: [offset(GAP_PX), flip({ padding: EDGE_PX }), shift({ padding: EDGE_PX })],
    });
    popover.style.left = `${x}px`;
    popover.style.top = `${y}px`;
  };
  return autoUpdate(anchor, popover, () => void place());
}

/** A point of the window, as something to be beside. */
export function pointAt(x: number, y: number): VirtualElement {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}
