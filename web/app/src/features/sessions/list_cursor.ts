import type { ListRow } from "./list_rows.ts";

/** Where the keyboard is in the list, and what is selected: by the sessions' ids, so that both outlive any change of order. */
export class ListCursor {
  readonly #selected = new Set<string>();
  #at: string | undefined;
  #anchor: string | undefined;

  /** The session the keyboard is at. */
  get at(): string | undefined {
    return this.#at;
  }

  get selected(): ReadonlySet<string> {
    return this.#selected;
  }

  /** Go to a session. */
  goTo(id: string | undefined): void {
    this.#at = id;
  }

  /** Go a number of sessions along the rows from a session, no further than their ends; from nowhere to the first, or the last. Returns the index of the row, -1 if there is none. */
  step(rows: readonly ListRow[], by: number, from: string | undefined): number {
    const sessions = indexesOfSessions(rows);
    const last = sessions.length - 1;
    const known = sessions.findIndex((index) => rows[index]?.key === from);
    const position = known < 0 ? (by > 0 ? 0 : last) : Math.min(Math.max(known + by, 0), last);
    const index = sessions[position] ?? -1;
    this.#at = rows[index]?.key;
    return index;
  }

  /** Select a session, or take it out of the selection. */
  toggle(id: string): void {
    if (!this.#selected.delete(id)) this.#selected.add(id);
    this.#anchor = id;
  }

  /** Select all between the session that was selected last and this one. */
  extendTo(rows: readonly ListRow[], id: string): void {
    const ids = rows.flatMap((row) => (row.kind === "session" ? row.key : []));
    const from = ids.indexOf(this.#anchor ?? id);
    const to = ids.indexOf(id);
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const between of ids.slice(first, last + 1)) this.#selected.add(between);
    this.#anchor ??= id;
  }

  /** Select every session of the rows. */
  selectAll(rows: readonly ListRow[]): void {
    for (const row of rows) if (row.kind === "session") this.#selected.add(row.key);
  }

  /** Select nothing. */
  clear(): void {
    this.#selected.clear();
    this.#anchor = undefined;
  }

  /** Forget what is not there any more; the keyboard goes to what took the place of the session it was at. */
  keep(before: readonly ListRow[], now: readonly ListRow[]): void {
    if (before === now || (this.#at === undefined && this.#selected.size === 0)) return;
    const known = new Set(now.map(({ key }) => key));
    for (const id of this.#selected) if (!known.has(id)) this.#selected.delete(id);
    if (this.#at === undefined || known.has(this.#at)) return;
    const at = before.findIndex(({ key }) => key === this.#at);
    const isStill = (row: ListRow): boolean => row.kind === "session" && known.has(row.key);
    this.#at = (before.slice(at).find(isStill) ?? before.slice(0, Math.max(at, 0)).findLast(isStill))?.key;
  }
}

function indexesOfSessions(rows: readonly ListRow[]): readonly number[] {
  return rows.flatMap((row, index) => (row.kind === "session" ? index : []));
}
