import { signal } from "@preact/signals-core";
import { currentLanguage, type Language } from "./language.ts";

/** By a problem's code: what happened, and what can be done about it. */
export type ProblemPhrases = Readonly<Record<string, readonly [happened: string, step: string]>>;

/**
 * How a phrase is worded: a text with its values as `{name}`, `{name, bytes}`, `{name, time}` or `{name, usd}`; wordings
 * that follow each other; or one for each form of the value that `by` names, a number's plural form or the text itself.
 */
export type Wording = string | readonly Wording[] | { readonly by: string; readonly [form: string]: Wording };

export type Wordings = Readonly<Record<string, Wording>>;

/** The words of a language for what the hub tells. */
export interface HubWords {
  readonly problems: ProblemPhrases;
  /** Says a phrase, `undefined` if it cannot. `others`: the wordings of rooms. */
  readonly say: (phrase: unknown, others: Wordings) => string | undefined;
}

const LOADERS: Readonly<Record<Language, () => Promise<HubWords>>> = {
  // The hub's own texts are English.
  en: async () => ({ problems: (await import("./problems_en.ts")).default, say: () => undefined }),
  ru: () => import("./hub_words_ru.ts"),
};

/** What the hub tells needs many words, and none at the first paint: they come after it, in the page's language only. */
const loaded = signal<Partial<Record<Language, HubWords>>>({});

/** Get the words of the page's language, whenever that changes. Until they are there, the hub's own stand. */
export async function loadHubWords(language: Language): Promise<void> {
  const words = loaded.peek()[language] ?? (await LOADERS[language]());
  loaded.value = { ...loaded.peek(), [language]: words };
}

/** The words in the page's language, once they are there. Read it while rendering. */
export function hubWords(): HubWords | undefined {
  return loaded.value[currentLanguage()];
}
