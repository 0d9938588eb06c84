import { afterEach, beforeEach, describe, expect, it } from "vitest";
import ERRORS from "../../../../docs/reference/errors.md?raw";
import { problemOf, readProblem, unreachable } from "../../src/api/problem.ts";
import { loadHubWords } from "../../src/language/hub_words.ts";
import { problems as russian } from "../../src/language/hub_words_ru.ts";
import { problemText, sayProblem } from "../../src/language/problems.ts";
import english from "../../src/language/problems_en.ts";

/** Every code that the hub declares, from its own reference. */
const DECLARED = [...ERRORS.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code = ""]) => code);

const REFUSED = readProblem({
  code: "PROVIDER_AUTH",
  title: "It refused",
  detail: "401: set `OPENAI_API_KEY`",
});

beforeEach(async () => {
  await loadHubWords("en");
  await loadHubWords("ru");
});
afterEach(() => {
  document.documentElement.lang = "en";
});

describe("the words for problems", () => {
  it("are there for every code of the hub, and of the page's own", () => {
    const own = [unreachable().problem, problemOf(new Error("x")), readProblem({})].map(({ code }) => code);
    const codes = [...DECLARED, ...own];
    expect(DECLARED.length).toBeGreaterThan(50);
    expect(codes.filter((code) => !(code in english))).toEqual([]);
    expect(codes.filter((code) => !(code in russian))).toEqual([]);
  });

  it("are Russian in Russian, and say something in both", () => {
    for (const phrases of [Object.values(russian), Object.values(english)])
      expect(phrases.filter((words) => words.some((text) => text.trim() === ""))).toEqual([]);
    expect(Object.values(russian).filter((words) => words.some((text) => !/[а-я]/.test(text)))).toEqual([]);
    expect(Object.keys(russian).sort()).toEqual(Object.keys(english).sort());
  });

  it("stand before what the hub says of the case, which is English", () => {
    expect(problemText(REFUSED)).toBe("401: set `OPENAI_API_KEY`.");
    document.documentElement.lang = "ru";
    expect(sayProblem(REFUSED)).toEqual({
      title: "Провайдер не принял ключ",
      step: "Проверьте ключ и попробуйте ещё раз.",
      detail: "401: set `OPENAI_API_KEY`",
      isQuoted: true,
    });
    expect(problemText(REFUSED)).toBe(
      "Провайдер не принял ключ. Проверьте ключ и попробуйте ещё раз. «401: set `OPENAI_API_KEY`».",
    );
  });

  it("are followed by the words for the case, where there are any, and those say what to do", () => {
    const phrase = { code: "echo.disabled", params: {} };
    const detail = "set `providers.echo.enabled` to true";
    const off = readProblem({ code: "PROVIDER_NOT_INSTALLED", detail, phrases: { detail: phrase } });
    expect(problemText(off)).toBe("Set `providers.echo.enabled` to true.");
    document.documentElement.lang = "ru";
    expect(problemText(off)).toBe("Провайдер не установлен. Задайте `providers.echo.enabled` значение true.");
  });

  it("are enough by themselves where they say it all", () => {
    const gone = readProblem({ code: "NOT_FOUND", detail: "there is no session 0193" });
    expect(problemText(gone)).toBe("This is not there any more. It may have been removed on another screen.");
    document.documentElement.lang = "ru";
    expect(problemText(gone)).toBe("Этого больше нет. Возможно, это удалили на другом экране.");
  });

  it("are the hub's own for a code of somebody's plugin", () => {
    document.documentElement.lang = "ru";
    const own = {
      code: "NOTE_TOO_LONG",
      title: "The note is too long",
      detail: "give at most 500 characters",
    };
    expect(sayProblem(own)).toEqual({ title: own.title, step: "", detail: own.detail, isQuoted: true });
  });
});
