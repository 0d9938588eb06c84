import { effect, signal } from "@preact/signals-core";
import { LANGUAGES, type Language, preferredLanguage } from "../language/language.ts";
import type { KeyedTexts } from "./keyed_texts.ts";

export const THEMES = ["system", "light", "dark"] as const;
export const CONTRASTS = ["system", "normal", "more"] as const;

export type Theme = (typeof THEMES)[number];
export type Contrast = (typeof CONTRASTS)[number];

/** How this browser shows the page: kept here, in no account. */
export class Preferences {
  readonly theme = signal<Theme>("system");
  readonly contrast = signal<Contrast>("system");
  readonly language = signal<Language>("en");
  readonly #texts: KeyedTexts;

  constructor(texts: KeyedTexts) {
    this.#texts = texts;
    this.theme.value = among(THEMES, texts.get("theme"), "system");
    this.contrast.value = among(CONTRASTS, texts.get("contrast"), "system");
    const languages = Object.keys(LANGUAGES) as Language[];
    this.language.value = among(languages, texts.get("language"), preferredLanguage(navigator.languages));
  }

  /** Show the page of `root` as wished, now and whenever the wish or the system's changes. Returns what ends it. */
  applyTo(root: HTMLElement, systemWantsMore: MediaQueryList): () => void {
    const systemContrast = signal(systemWantsMore.matches);
    systemWantsMore.addEventListener("change", ({ matches }) => {
      systemContrast.value = matches;
    });
    return effect(() => {
      const contrast = this.contrast.value;
      const isMore = contrast === "more" || (contrast === "system" && systemContrast.value);
      root.lang = this.language.value;
      root.dataset.theme = this.theme.value;
      root.dataset.contrast = isMore ? "more" : "normal";
    });
  }

  /** Choose a theme. */
  setTheme(theme: Theme): void {
    this.theme.value = theme;
    this.#texts.set("theme", theme);
  }

  /** Choose a contrast. */
  setContrast(contrast: Contrast): void {
    this.contrast.value = contrast;
    this.#texts.set("contrast", contrast);
  }

  /** Choose a language. */
  setLanguage(language: Language): void {
    this.language.value = language;
    this.#texts.set("language", language);
  }
}

function among<T extends string>(values: readonly T[], text: string, otherwise: T): T {
  return values.find((value) => value === text) ?? otherwise;
}
