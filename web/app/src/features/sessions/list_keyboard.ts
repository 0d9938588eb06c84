import { pressedKey } from "../../design/pressed_key.ts";
import type { ListCursor } from "./list_cursor.ts";
import type { ListRow } from "./list_rows.ts";

/** What the list does with a key; `index` is the row that gets the focus, -1 for none. */
export type KeyMove = (cursor: ListCursor, rows: readonly ListRow[], page: number) => number;

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** What a key pressed in a row means: steps, pages, ends, all with Shift to select on the way; Mod+A, Escape. */
export function moveOf(event: KeyboardEvent): KeyMove | undefined {
  if (event.altKey || event.isComposing) return undefined;
  const isModified = event.ctrlKey || event.metaKey;
  if (isModified && pressedKey(event).toLowerCase() === "a") return selectAll;
  if (isModified) return undefined;
  const step = stepOf(pressedKey(event));
  if (step) return event.shiftKey ? extended(step) : step;
  return undefined;
}

function stepOf(key: string): KeyMove | undefined {
  const by = STEPS[key];
  if (by !== undefined) return (cursor, rows) => cursor.step(rows, by, cursor.at);
  switch (key) {
    case "Home":
      return (cursor, rows) => cursor.step(rows, 1, undefined);
    case "End":
      return (cursor, rows) => cursor.step(rows, -1, undefined);
    case "PageDown":
      return (cursor, rows, page) => cursor.step(rows, page, cursor.at);
    case "PageUp":
      return (cursor, rows, page) => cursor.step(rows, -page, cursor.at);
    default:
      return undefined;
  }
}

function extended(step: KeyMove): KeyMove {
  return (cursor, rows, page) => {
    if (cursor.at !== undefined && cursor.selected.size === 0) cursor.toggle(cursor.at);
    const index = step(cursor, rows, page);
    if (cursor.at !== undefined) cursor.extendTo(rows, cursor.at);
    return index;
  };
}

const selectAll: KeyMove = (cursor, rows) => {
  cursor.selectAll(rows);
  return -1;
};
