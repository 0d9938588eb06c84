import { guard } from "lit/directives/guard.js";
import { createElement, type IconNode } from "lucide";

/** Draw an outline icon, 16 px; it is decoration, its name stands beside it or in a label. */
export function icon(node: IconNode): unknown {
  const attributes = { width: 16, height: 16, "stroke-width": 1.75, "aria-hidden": "true" };
  return guard([node], () => createElement(node, attributes));
}
