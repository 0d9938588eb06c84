import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadHubWords } from "../../src/language/hub_words.ts";
import { addPhrases, translated } from "../../src/language/phrases.ts";

/** Say a phrase as the page does, with plain spaces. */
function said(code: string, params: Record<string, unknown> = {}): string | undefined {
  return translated({ phrases: { reason: { code, params } } }, "reason")?.replace(/\u00a0/g, " ");
}

beforeEach(async () => {
  await loadHubWords("en");
  await loadHubWords("ru");
  document.documentElement.lang = "ru";
});
afterEach(() => {
  document.documentElement.lang = "en";
});

describe("a phrase of the hub", () => {
  it.each([
    [1, "не передано 1 сообщение."],
    [3, "не переданы 3 сообщения."],
    [12, "не передано 12 сообщений."],
  ])("takes the plural form of %s", (count, told) => {
    expect(said("model.beginning_left_out", { window: 8192, count })).toBe(
      `Разговор длиннее, чем модель может прочитать (8 192 токена): из начала ${told}`,
    );
  });

  it("has sizes, amounts and times as the language writes them", () => {
    const room = { free: 12_400_000_000, needed: 277_400_000, place: "/srv" };
    expect(said("requirement.room", room)).toBe("в /srv свободно 12 ГБ, нужно 277 МБ");
    const spent = { used: 1234.5, limit: 2000, unit: "cost", period: "month", provider: "*" };
    const told = said("usage.budget_warning", { ...spent, at: "2026-12-01T12:00:00.000Z" });
    expect(told).toMatch(/^Израсходовано 1 234,50 \$ из бюджета 2 000,00 \$ в месяц для всех провайдеров; /);
    expect(told).toMatch(/новый начнётся 1 дек\., \d\d:\d\d\.$/);
  });

  it("stays English in English, and where it is not known or lacks what it is made of", () => {
    expect(said("notes.too_long")).toBeUndefined();
    expect(said("constructor")).toBeUndefined();
    expect(said("requirement.room", { free: 1 })).toBeUndefined();
    expect(said("requirement.room", { free: {}, needed: 1, place: "x" })).toBeUndefined();
    const low = { limit: "x", provider: "x", left: 1, all: 2 };
    expect(said("usage.limit_low", { ...low, at: "soon" })).toBeUndefined();
    expect(translated({ phrases: { reason: null } }, "reason")).toBeUndefined();
    expect(translated({}, "reason")).toBeUndefined();
    document.documentElement.lang = "en";
    expect(said("echo.disabled")).toBeUndefined();
  });

  it("can be one of a plugin whose room brings the words, and no room changes those of the hub", () => {
    addPhrases({ ru: { "notes.count": { by: "count", one: "{count} заметка", other: "{count} заметок" } } });
    addPhrases({ ru: { "echo.disabled": "выключено назло" } });
    expect(said("notes.count", { count: 21 })).toBe("21 заметка");
    expect(said("echo.disabled")).toBe("задайте `providers.echo.enabled` значение true");
  });
});
