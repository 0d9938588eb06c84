/** The languages the page speaks, each under its own name. */
export const LANGUAGES = { en: "English", ru: "Русский" } as const;

export type Language = keyof typeof LANGUAGES;

/** What a catalogue holds: fixed phrases, and phrases made of what they are about. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments are checked where a phrase is used, by its own type
export type Phrases = { readonly [name: string]: string | ((...about: any[]) => string) };

/** The language of the page, as its root element says. */
export function currentLanguage(): Language {
  return document.documentElement.lang.startsWith("ru") ? "ru" : "en";
}

/** The language a person most likely reads: the first the browser names that the page speaks, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split("-");
    if (language !== undefined && language in LANGUAGES) return language as Language;
  }
  return "en";
}

/** The tag to write dates and numbers with: the person's own region where it is of the page's language. */
export function currentLocale(): string {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** Make a catalogue: the same phrases in every language. Call it where the words are shown. */
export function catalogue<T extends Phrases>(en: T, ru: { readonly [Name in keyof T]: T[Name] }): () => T {
  const languages: Readonly<Record<Language, T>> = { en, ru };
  return () => languages[currentLanguage()];
}

export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

/** Say how many there are: the form that fits the number, `#` replaced by it. */
export function plural(count: number, forms: PluralForms): string {
  const rules = new Intl.PluralRules(currentLanguage());
  const form = forms[rules.select(count)] ?? forms.other;
  return form.replace("#", new Intl.NumberFormat(currentLocale()).format(count));
}
