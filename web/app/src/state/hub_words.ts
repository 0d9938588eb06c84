import { effect } from "@preact/signals-core";
import { loadHubWords } from "../language/hub_words.ts";
import type { Preferences } from "./preferences.ts";

/** Have the words for what the hub tells at hand before it does, in the language that is chosen. Returns what ends it. */
export function keepHubWords({ language }: Preferences): () => void {
  return effect(() => {
    // Without them the hub's own words are shown; they come with the next choice or the next load.
    loadHubWords(language.value).catch(() => undefined);
  });
}
