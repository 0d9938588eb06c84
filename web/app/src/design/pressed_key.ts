const LETTER = /^Key([A-Z])$/;
const LATIN_LETTER = /^[a-z]$/i;
const OTHER_LETTER = /^\p{L}$/u;

/**
 * The sign of a pressed key as shortcuts name it, also where the keyboard writes another script: there it is the sign that
 * the same key has on a Latin keyboard. What writes Latin keeps its own order of keys.
 */
export function pressedKey(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const { key, code, shiftKey } = event;
  if (LATIN_LETTER.test(key) || !OTHER_LETTER.test(key)) return key;
  const letter = LETTER.exec(code)?.[1];
  if (!letter) return key;
  return shiftKey ? letter : letter.toLowerCase();
}
