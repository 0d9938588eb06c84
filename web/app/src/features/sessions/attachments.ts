import { composerWords } from "./composer_words.ts";

/** The longest message the hub takes, in bytes of UTF-8. */
export const MESSAGE_BYTES = 1 << 20;
/** The largest file that is quoted, in bytes. */
export const FILE_BYTES = 256 << 10;
/** The most files that are quoted at a time. */
export const MOST_FILES = 10;

/** What became of text files: the text that quotes those that could be read, and why the others could not. */
export interface Quoted {
  readonly text: string;
  readonly problems: readonly string[];
}

/**
 * Quote text files as code blocks under their names. `taken` is the size, in bytes, of the message they go into.
 *
 * A message is text: what is not text is refused, and the person is told.
 */
export async function quoteFiles(files: readonly File[], taken: number): Promise<Quoted> {
  const words = composerWords();
  const problems = files.length > MOST_FILES ? [words.tooManyFiles(MOST_FILES)] : [];
  let text = "";
  for (const file of files.slice(0, MOST_FILES)) {
    const quoted = await quoteFile(file);
    const size = taken + byteLength(text) + byteLength(quoted.text);
    if (quoted.problem !== undefined) problems.push(quoted.problem);
    else if (size > MESSAGE_BYTES) problems.push(words.tooMuch(file.name, sizeWords(MESSAGE_BYTES)));
    else text += quoted.text;
  }
  return { text, problems };
}

/** Whether a file is an image that is looked at, not text that draws one. */
export function isImage({ type }: File): boolean {
  return type.startsWith("image/") && type !== "image/svg+xml";
}

/** How many bytes a text takes on the wire. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

interface Attempt {
  readonly text: string;
  readonly problem?: string;
}

async function quoteFile(file: File): Promise<Attempt> {
  const words = composerWords();
  if (file.size > FILE_BYTES)
    return { text: "", problem: words.fileTooLarge(file.name, sizeWords(FILE_BYTES)) };
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    return { text: "", problem: words.unreadable(file.name) };
  }
  const content = readText(bytes);
  if (content === undefined) return { text: "", problem: words.notText(file.name) };
  return { text: codeBlock(file.name, content) };
}

/** A code block under a file's name, fenced by more backquotes than there are in it. */
export function codeBlock(name: string, content: string): string {
  const runs = content.match(/`{3,}/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  const plainName = name.replace(/[`\r\n]/g, " ");
  return `\`${plainName}\`\n\n${fence}${languageOf(name)}\n${content.replace(/\s+$/, "")}\n${fence}\n\n`;
}

/** What marks the language of a file: the end of its name. */
function languageOf(name: string): string {
  return /\.([A-Za-z0-9+#]{1,12})$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** A text of UTF-8 bytes; `undefined` when they are not text. */
function readText(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A limit in bytes as people read it. */
export function sizeWords(bytes: number): string {
  return bytes >= 1 << 20 ? `${bytes >> 20} MiB` : `${bytes >> 10} KiB`;
}
