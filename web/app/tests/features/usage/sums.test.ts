import { describe, expect, it } from "vitest";
import type { DayUsage, UsageReport } from "../../../src/api/usage.ts";
import {
  asCsv,
  sumsByDay,
  sumsByProvider,
  tokensOf,
  unitOf,
  written,
} from "../../../src/features/usage/sums.ts";
import { readLimit } from "../../../src/features/usage/usage_budgets.ts";

function dayOf(day: string, providerId: string, cost: number): DayUsage {
  return { day, providerId, turns: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 2, cost, unpriced: 0 };
}

const REPORT: UsageReport = {
  firstDay: "2026-02-27",
  lastDay: "2026-03-02",
  total: dayOf("", "", 6),
  days: [dayOf("2026-02-27", "a", 1), dayOf("2026-03-01", "a", 2), dayOf("2026-03-01", "b", 4)],
  providers: [],
  budgets: [],
};

describe("sums", () => {
  it("has every day, also those on which nothing was used", () => {
    const sums = sumsByDay(REPORT);
    expect(sums.map(({ name }) => name)).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
    expect(sums.map(({ cost }) => cost)).toEqual([1, 0, 6, 0]);
  });

  it("shows tokens where nothing cost anything", () => {
    expect(unitOf(REPORT.total)).toBe("cost");
    expect(unitOf(dayOf("", "", 0))).toBe("tokens");
  });

  it("has the provider that cost the most first", () => {
    const sums = sumsByProvider(REPORT);
    expect(sums.map(({ name, cost }) => [name, cost])).toEqual([
      ["b", 4],
      ["a", 3],
    ]);
    expect(sums.map(tokensOf)).toEqual([15, 30]);
  });

  it("writes a row for each provider's day", () => {
    const lines = asCsv(REPORT.days).split("\n");
    expect(lines[0]).toMatch(/^day,provider,/);
    expect(lines[3]).toBe("2026-03-01,b,1,10,2,5,4.000000,0");
    expect(lines).toHaveLength(5);
  });

  it("does not write a small cost as nothing", () => {
    expect(written(0.0004, "cost")).toContain("0.0004");
    expect(written(2.5, "cost")).toContain("2.50");
    expect(written(1234, "tokens")).toMatch(/1.?234/);
  });
});

describe("a limit", () => {
  it.each([
    ["5", 5],
    ["$2.50", 2.5],
    ["2,5", 2.5],
    ["2 000 000", 2_000_000],
    ["1,000", 1000],
    ["2,000,000", 2_000_000],
  ])("reads %s", (text, limit) => expect(readLimit(text)).toBe(limit));

  it.each(["", " ", "0", "-1", "much", "1e999"])("refuses %j", (text) =>
    expect(readLimit(text)).toBeUndefined(),
  );
});
