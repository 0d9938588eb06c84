import { signal } from "@preact/signals-core";
import { ListCursor } from "./list_cursor.ts";
import { EVERYTHING, type ListQuery } from "./list_query.ts";

/** What the list remembers while other rooms are shown. */
export class ListState {
  readonly query = signal<ListQuery>(EVERYTHING);
  readonly cursor = new ListCursor();
  /** Grows whenever the cursor or the selection changes. */
  readonly moves = signal(0);
  scrollTop = 0;

  /** Change the cursor or the selection, and let everybody know. */
  move(change: (cursor: ListCursor) => void): void {
    change(this.cursor);
    this.moves.value += 1;
  }
}
