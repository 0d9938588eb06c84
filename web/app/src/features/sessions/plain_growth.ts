/** A line that has begun as prose: whatever follows in it, it is no list, heading, table or fence any more. */
const PROSE_LINE = /^ {0,3}(?:\*\*|`)?\p{L}/u;

/** What means nothing in Markdown; a full stop or a colon inside a word may make it an address. */
const PLAIN_PIECE = /^(?:[\p{L}\p{M}\p{N} ,'"!?-]|[.:](?= |$))+$/u;

/** The end of a text to which letters can be added without making an address or a sign of it. */
const PLAIN_END = /(?:^|\s)[\p{L}\p{M}\p{N},'"!?-]*$/u;

/** Whether a piece at the end of a paragraph of Markdown is shown as it is written, with nothing before it read anew. */
export function growsPlainly(text: string, piece: string): boolean {
  if (!PLAIN_PIECE.test(piece)) return false;
  const line = text.slice(text.lastIndexOf("\n") + 1);
  return PROSE_LINE.test(line) && (piece.startsWith(" ") || PLAIN_END.test(line));
}
