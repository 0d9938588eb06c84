import words from "../../../../src/atrium/client/russian.json";
import type { ProblemPhrases, Wordings } from "./hub_words.ts";
import { sayPhrase } from "./wording.ts";

/** The terminal says it with the same words. */
export const problems = words.problems as unknown as ProblemPhrases;

const PHRASES = words.phrases as unknown as Wordings;

/** Say a phrase; what the hub's own phrases say no room can change. */
export function say(phrase: unknown, others: Wordings): string | undefined {
  return sayPhrase(phrase, PHRASES) ?? sayPhrase(phrase, others);
}
