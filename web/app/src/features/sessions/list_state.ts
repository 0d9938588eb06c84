import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Session } from "../../api/sessions.ts";
import type { Language } from "../../language/language.ts";
import { ListCursor } from "./list_cursor.ts";
import { facetsOf } from "./list_facets.ts";
import { EVERYTHING, fitting, type ListQuery } from "./list_query.ts";
import { rowsOf } from "./list_rows.ts";

/** What the list is made of. */
export interface ListSources {
  readonly sessions: ReadonlySignal<readonly Session[] | undefined>;
  readonly language: ReadonlySignal<Language>;
  /** Read the name of a provider: a signal's value. */
  readonly nameOfProvider: (id: string) => string;
}

/** The list as it is asked for, made anew only when something it is made of changes; it is there while other rooms are shown. */
export class ListState {
  readonly query = signal<ListQuery>(EVERYTHING);
  /** The time that days and ages are counted from, in milliseconds. */
  readonly now = signal(Date.now());
  readonly cursor = new ListCursor();
  /** Grows whenever the cursor or the selection changes. */
  readonly moves = signal(0);
  scrollTop = 0;

  readonly #sources: ListSources;
  readonly #today = computed(() => new Date(this.now.value).setHours(0, 0, 0, 0));
  /** All sessions. */
  readonly all = computed(() => this.#sources.sessions.value ?? []);
  /** The sessions that fit the query. */
  readonly shown = computed(() => fitting(this.all.value, this.query.value));
  readonly rows = computed(() => {
    void this.#sources.language.value;
    return rowsOf(this.shown.value, this.#today.value);
  });
  readonly facets = computed(() => {
    void this.#sources.language.value;
    return facetsOf(this.all.value, this.#sources.nameOfProvider);
  });

  constructor(sources: ListSources) {
    this.#sources = sources;
  }

  /** Whether the sessions are known. Read it while rendering: it is a signal's value. */
  get isKnown(): boolean {
    return this.#sources.sessions.value !== undefined;
  }

  /** Change the cursor or the selection, and let everybody know. */
  move(change: (cursor: ListCursor) => void): void {
    change(this.cursor);
    this.moves.value += 1;
  }
}
