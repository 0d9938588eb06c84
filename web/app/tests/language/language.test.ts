import { afterEach, describe, expect, it } from "vitest";
import { duration } from "../../src/design/times.ts";
import { catalogue, plural, preferredLanguage } from "../../src/language/language.ts";
import { Preferences } from "../../src/state/preferences.ts";
import { MemoryTexts } from "../memory_texts.ts";

afterEach(() => {
  document.documentElement.lang = "en";
});

it.each([
  [["de-AT", "ru-RU", "en"], "ru"],
  [["en-GB"], "en"],
  [["fr"], "en"],
  [[], "en"],
])("of %j the page speaks %s", (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language);
});

it("a catalogue speaks the language of the page", () => {
  const words = catalogue({ open: "Open" }, { open: "Открыть" });
  expect(words().open).toBe("Open");
  document.documentElement.lang = "ru";
  expect(words().open).toBe("Открыть");
});

describe("plurals", () => {
  const forms = { one: "# сессия", few: "# сессии", many: "# сессий", other: "# сессии" };

  it.each([
    [1, "1 сессия"],
    [3, "3 сессии"],
    [11, "11 сессий"],
    [21, "21 сессия"],
    [1.5, "1,5 сессии"],
  ])("of %s", (count, text) => {
    document.documentElement.lang = "ru";
    expect(plural(count, forms)).toBe(text);
  });
});

it("durations are written as the language does", () => {
  expect(duration(420)).toBe("0.4 s");
  document.documentElement.lang = "ru";
  expect(duration(420)).toBe("0,4 с");
  expect(duration(125_000)).toBe("2 мин 5 с");
});

it("preferences are kept, shown on the page, and refused when they make no sense", () => {
  const texts = new MemoryTexts();
  texts.set("theme", "neon");
  const preferences = new Preferences(texts);
  const system = Object.assign(new EventTarget(), { matches: false }) as MediaQueryList;
  const stop = preferences.applyTo(document.documentElement, system);
  expect(document.documentElement.dataset.theme).toBe("system");
  preferences.setTheme("dark");
  preferences.setContrast("more");
  preferences.setLanguage("ru");
  expect({ ...document.documentElement.dataset }).toEqual({ theme: "dark", contrast: "more" });
  expect(document.documentElement.lang).toBe("ru");
  expect(new Preferences(texts).language.value).toBe("ru");
  stop();
});
