/** A piece of what a person said: words as they wrote them, or code between fences, with its language. */
export interface SaidPiece {
  readonly text: string;
  /** Only of code; empty where the fence names none. */
  readonly language?: string;
}

interface Fence {
  readonly mark: string;
  readonly language: string;
}

/** Split what a person said at its fences. A fence that is not closed is words: they may have meant the marks themselves. */
export function readSaid(content: string): SaidPiece[] {
  const lines = content.split("\n");
  const pieces: SaidPiece[] = [];
  const closings = new Closings(lines);
  let words: string[] = [];
  const endWords = (): void => {
    if (words.some((line) => line.trim())) pieces.push({ text: withoutEmptyEnds(words).join("\n") });
    words = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const fence = readFence(line);
    const end = fence ? closings.after(at, fence.mark) : -1;
    if (!fence || end < 0) {
      words.push(line);
      continue;
    }
    endWords();
    pieces.push({ text: lines.slice(at + 1, end).join("\n"), language: fence.language });
    at = end;
  }
  if (pieces.length === 0) return content ? [{ text: content }] : [];
  endWords();
  return pieces;
}

function readFence(line: string): Fence | undefined {
  const [, mark = "", info = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (!mark || (mark.startsWith("`") && info.includes("`"))) return undefined;
  return { mark, language: /^[\w+#.-]*/.exec(info.trim())?.[0] ?? "" };
}

/** Finds where fences end; what has no end is looked for once, however often it begins. */
class Closings {
  readonly #lines: readonly string[];
  readonly #missing = new Set<string>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The line that closes a fence that opens at a line; -1 if none does. */
  after(opening: number, mark: string): number {
    if (this.#missing.has(mark)) return -1;
    for (let at = opening + 1; at < this.#lines.length; at += 1)
      if (closes(this.#lines[at]?.trim() ?? "", mark)) return at;
    this.#missing.add(mark);
    return -1;
  }
}

function closes(line: string, mark: string): boolean {
  return line.startsWith(mark) && line === mark.charAt(0).repeat(line.length);
}

/** Beside a frame its own margin is the space. */
function withoutEmptyEnds(lines: readonly string[]): readonly string[] {
  const isFull = (line: string): boolean => line.trim() !== "";
  return lines.slice(lines.findIndex(isFull), lines.findLastIndex(isFull) + 1);
}
