import type { Session } from "../../api/sessions.ts";
import { type StateName, stateOf, titleOf } from "./session_words.ts";

/** What a person looks for in the list. In each set one that fits is enough; an empty set asks nothing. */
export interface ListQuery {
  readonly text: string;
  readonly states: ReadonlySet<StateName | "unread">;
  readonly tags: ReadonlySet<string>;
  readonly providers: ReadonlySet<string>;
}

/** The sets of a query. */
export type Facet = "states" | "tags" | "providers";

/** A query that every session fits. */
export const EVERYTHING: ListQuery = {
  text: "",
  states: new Set(),
  tags: new Set(),
  providers: new Set(),
};

/** A piece of a title, and whether it was looked for. */
export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

const MARKS = /\p{M}/gu;

/** Write text as it is compared: without case and accents. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(MARKS, "").toLowerCase();
}

/** Whether a query asks for anything. */
export function isAsking(query: ListQuery): boolean {
  return query.text.trim() !== "" || query.states.size + query.tags.size + query.providers.size > 0;
}

/** The sessions that fit a query, in the order given. */
export function fitting(sessions: readonly Session[], query: ListQuery): readonly Session[] {
  if (!isAsking(query)) return sessions;
  const words = wordsOf(query.text);
  return sessions.filter((session) => fitsFacets(session, query) && fitsWords(session, words));
}

/** The query with a value put into one of its sets, or taken out of it. */
export function toggled(query: ListQuery, facet: Facet, value: string): ListQuery {
  const values = new Set<string>(query[facet]);
  if (!values.delete(value)) values.add(value);
  return { ...query, [facet]: values };
}

/** Cut a title where the words of a query are in it. */
export function piecesOf(title: string, text: string): readonly Piece[] {
  const words = wordsOf(text);
  const letters = [...title];
  const isMatch = matchedLetters(letters, words);
  const pieces: Piece[] = [];
  for (const [index, letter] of letters.entries()) {
    const last = pieces.at(-1);
    const matches = isMatch[index] === true;
    if (last && last.isMatch === matches) pieces[pieces.length - 1] = { ...last, text: last.text + letter };
    else pieces.push({ text: letter, isMatch: matches });
  }
  return pieces;
}

/** Whether there are answers that the person has not read. */
export function isUnread({ unread = 0 }: Session): boolean {
  return unread > 0;
}

function wordsOf(text: string): readonly string[] {
  return folded(text).split(/\s+/).filter(Boolean);
}

function fitsFacets(session: Session, { states, tags, providers }: ListQuery): boolean {
  const state = stateOf(session);
  return (
    (states.size === 0 ||
      (state !== undefined && states.has(state)) ||
      (states.has("unread") && isUnread(session))) &&
    (tags.size === 0 || (session.metadata.tags ?? []).some((tag) => tags.has(tag))) &&
    (providers.size === 0 || providers.has(session.providerId))
  );
}

/** Each word is in the title or a tag; `#word` begins a tag. */
function fitsWords({ metadata }: Session, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const tags = (metadata.tags ?? []).map(folded);
  const title = folded(titleOf(metadata.title));
  return words.every((word) =>
    word.startsWith("#")
      ? tags.some((tag) => tag.startsWith(word.slice(1)))
      : title.includes(word) || tags.some((tag) => tag.includes(word)),
  );
}

function matchedLetters(letters: readonly string[], words: readonly string[]): readonly boolean[] {
  const isMatch = letters.map(() => false);
  const owners: number[] = [];
  let text = "";
  for (const [index, letter] of letters.entries()) {
    const written = folded(letter);
    text += written;
    for (let count = 0; count < written.length; count += 1) owners.push(index);
  }
  for (const word of words)
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
      for (const owner of owners.slice(at, at + word.length)) isMatch[owner] = true;
  return isMatch;
}
