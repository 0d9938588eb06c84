import { foldText } from "./find.ts";

const ALL = "atrium-find";
const CURRENT = "atrium-find-current";

/**
 * Marks matches in what is drawn, by the browser's own highlights: nothing in the page is changed for it. Where a browser has
 * none, the person still gets to the place.
 */
export class FindMarks {
  readonly #registry = typeof CSS === "undefined" ? undefined : CSS.highlights;

  /** Mark every match in these elements; returns the ranges of each element. */
  show(elements: readonly Element[], wanted: string): Map<Element, Range[]> {
    const found = new Map(elements.map((element) => [element, rangesOf(element, wanted)]));
    this.#put(ALL, [...found.values()].flat(), 0);
    return found;
  }

  /** Mark the match the person is at. */
  point(range: Range | undefined): void {
    this.#put(CURRENT, range ? [range] : [], 1);
  }

  /** Take all marks away. */
  clear(): void {
    this.#registry?.delete(ALL);
    this.#registry?.delete(CURRENT);
  }

  #put(name: string, ranges: Range[], priority: number): void {
    if (!this.#registry) return;
    const highlight = new Highlight(...ranges);
    highlight.priority = priority;
    this.#registry.set(name, highlight);
  }
}

/** Where a text stands in an element, also across its children. */
export function rangesOf(element: Element, wanted: string): Range[] {
  const needle = foldText(wanted);
  if (!needle.trim()) return [];
  const nodes = textNodes(element);
  const text = foldText(nodes.map((node) => node.data).join(""));
  const ranges: Range[] = [];
  const cursor = new NodeCursor(nodes);
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
    const range = document.createRange();
    range.setStart(...cursor.at(at, false));
    range.setEnd(...cursor.at(at + needle.length, true));
    ranges.push(range);
  }
  return ranges;
}

/** Walks texts forwards: from a place in all of them to the one that holds it. */
class NodeCursor {
  readonly #nodes: readonly Text[];
  #index = 0;
  #before = 0;

  constructor(nodes: readonly Text[]) {
    this.#nodes = nodes;
  }

  at(place: number, isEnd: boolean): [Text, number] {
    for (;;) {
      const node = this.#nodes[this.#index] as Text;
      const within = place - this.#before;
      if (within < node.length || (isEnd && within === node.length)) return [node, within];
      this.#before += node.length;
      this.#index += 1;
    }
  }
}

/** The texts that are shown: not those of buttons, nor those only for screen readers. */
function textNodes(element: Element): Text[] {
  const walker = document.createTreeWalker(
    element,
    NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
    (node) => {
      if (node instanceof Text) return NodeFilter.FILTER_ACCEPT;
      const isAside = (node as Element).matches("button, figcaption, .visually-hidden, annotation");
      return isAside ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    },
  );
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  return nodes;
}
