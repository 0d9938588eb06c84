import { signal } from "@preact/signals-core";
import type { Phrases } from "../api/problem.ts";
import { hubWords, type Wordings } from "./hub_words.ts";
import { currentLanguage, type Language } from "./language.ts";

/** What the hub tells: English texts, and `phrases` by the names of those that can be said in other languages. */
export interface Phrased {
  readonly phrases?: Phrases;
}

/** The wordings that rooms bring for the phrases of their plugins. */
export type PhraseCatalogue = Readonly<Partial<Record<Language, Wordings>>>;

const ofRooms = signal<PhraseCatalogue>({});

/** Take in the wordings of a room. */
export function addPhrases(catalogue: PhraseCatalogue): void {
  const known = ofRooms.peek();
  ofRooms.value = { en: { ...known.en, ...catalogue.en }, ru: { ...known.ru, ...catalogue.ru } };
}

/** Say a text in the page's language, `undefined` if there are no words for it: then it stands as it is, in English. */
export function translated({ phrases }: Phrased, name: string): string | undefined {
  return phrases && hubWords()?.say(phrases[name], ofRooms.value[currentLanguage()] ?? {});
}
