import { effect } from "@preact/signals-core";
import { loadProblemWords } from "../language/problems.ts";
import type { Preferences } from "./preferences.ts";

/** Have the words for problems at hand before there is one, in the language that is chosen. Returns what ends it. */
export function keepProblemWords({ language }: Preferences): () => void {
  return effect(() => {
    // Without them the hub's own words are shown; they come with the next choice or the next load.
    loadProblemWords(language.value).catch(() => undefined);
  });
}
