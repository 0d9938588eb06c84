import { isRecord } from "../../api/problem.ts";
import { type Part, type ToolCall, type Turn, textOf } from "./conversation.ts";
import { readSaid } from "./said_pieces.ts";

/** A place in a conversation that holds what is looked for: a part of a turn, and how often it is in there. */
export interface Hit {
  readonly turnId: string;
  /** What the part is known by (`pieceOf`). */
  readonly piece: string;
  readonly count: number;
}

/** What was found: the places in reading order, and how many matches there are in all. */
export interface Findings {
  readonly hits: readonly Hit[];
  readonly total: number;
}

/** One match: its place, and which of the place's matches it is, from 0. */
export interface Match {
  readonly hit: Hit;
  readonly nth: number;
}

export const NOTHING_FOUND: Findings = { hits: [], total: 0 };

/** What a person's message is known by within its turn. */
export const SAID = "said";

/** What a part is known by within its turn. */
export function pieceOf(part: Part): string {
  return `${part.kind}-${part.id}`;
}

/** Looks through conversations; remembers how the parts it has looked at read, so that each is prepared once. */
export class Finder {
  readonly #prepared = new WeakMap<object, string>();

  /** Find a text in what was said, answered, thought and done. Case does not count, nor do marks of Markdown. */
  find(turns: readonly Turn[], wanted: string): Findings {
    const needle = foldText(wanted);
    if (!needle.trim()) return NOTHING_FOUND;
    const hits: Hit[] = [];
    let total = 0;
    for (const turn of turns) {
      for (const [piece, source, read] of piecesOf(turn)) {
        const count = countOf(this.#textOf(source, read), needle);
        if (count === 0) continue;
        hits.push({ turnId: turn.id, piece, count });
        total += count;
      }
    }
    return { hits, total };
  }

  #textOf(source: object, read: () => string): string {
    const known = this.#prepared.get(source);
    if (known !== undefined) return known;
    const text = foldText(read());
    this.#prepared.set(source, text);
    return text;
  }
}

/** The match at a place in the row of all, from 0. */
export function matchAt({ hits }: Findings, index: number): Match | undefined {
  let left = index;
  for (const hit of hits) {
    if (left < hit.count) return { hit, nth: left };
    left -= hit.count;
  }
  return undefined;
}

/** Where a match is in the row of all; the nearest one that is left when it is gone, or -1. */
export function indexOf({ hits, total }: Findings, match: Match): number {
  let before = 0;
  for (const hit of hits) {
    if (hit.turnId === match.hit.turnId && hit.piece === match.hit.piece)
      return before + Math.min(match.nth, hit.count - 1);
    before += hit.count;
  }
  return total > 0 ? total - 1 : -1;
}

/** A text as it is compared: small letters, `ё` as `е`, of the same length as before. */
export function foldText(text: string): string {
  const small = text.toLowerCase().replaceAll("ё", "е");
  if (small.length === text.length) return small;
  return Array.from({ length: text.length }, (_, place) => foldUnit(text.charAt(place))).join("");
}

function foldUnit(unit: string): string {
  const small = unit.toLowerCase();
  return small.length === 1 ? small : unit;
}

type Piece = readonly [piece: string, source: object, read: () => string];

function* piecesOf(turn: Turn): Generator<Piece> {
  const { message } = turn;
  if (message) yield [SAID, message, () => wordsOfSaid(message.content)];
  for (const part of turn.parts) {
    if (part.kind === "tool") yield [pieceOf(part), part, () => wordsOfTool(part)];
    else if (part.kind === "thinking") yield [pieceOf(part), part, () => textOf(part)];
    else yield [pieceOf(part), part, () => withoutMarks(textOf(part))];
  }
}

/** What is shown of a message: what stands in fences without them. */
function wordsOfSaid(content: string): string {
  return readSaid(content)
    .map(({ text }) => text)
    .join("\n");
}

function wordsOfTool({ name, arguments: input, output }: ToolCall): string {
  return [name, ...leavesOf(input), ...leavesOf(output)].join("\n");
}

/** The texts and figures in a value, with the names of its fields. */
function* leavesOf(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const child of value) yield* leavesOf(child);
  } else if (isRecord(value)) {
    for (const [name, child] of Object.entries(value)) {
      yield name;
      yield* leavesOf(child);
    }
  } else if (value !== undefined && value !== null) yield String(value);
}

/** Markdown without what is not shown of it, near enough to count matches. */
function withoutMarks(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]\n]*)\]\([^)\s]*(?:\s+"[^"]*")?\)/g, "$1")
    .replace(/^ {0,3}(?:`{3,}|~{3,})[^\n]*$/gm, "")
    .replace(/^ {0,3}(?:#{1,6}\s+|>\s?)/gm, "")
    .replace(/\*{1,3}|~~|`/g, "");
}

function countOf(text: string, needle: string): number {
  let count = 0;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) count += 1;
  return count;
}
