import type { Amounts, DayUsage, Unit, UsageReport } from "../../api/usage.ts";
import { currentLocale } from "../../language/language.ts";

const DAY_MS = 86_400_000;
const NOTHING: Amounts = {
  turns: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cost: 0,
  unpriced: 0,
};

/** What one day or one provider comes to. */
export interface Sum extends Amounts {
  readonly name: string;
}

/** Each day of a report, also those on which nothing was used. */
export function sumsByDay(report: UsageReport): readonly Sum[] {
  const sums = sumBy(report.days, ({ day }) => day);
  const first = Date.parse(report.firstDay);
  const count = Math.round((Date.parse(report.lastDay) - first) / DAY_MS) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, place) => {
    const name = new Date(first + place * DAY_MS).toISOString().slice(0, 10);
    return { ...(sums.get(name) ?? NOTHING), name };
  });
}

/** Each provider of a report, the one with the highest cost first. */
export function sumsByProvider(report: UsageReport): readonly Sum[] {
  const sums = [...sumBy(report.days, ({ providerId }) => providerId)];
  return sums
    .map(([name, sum]) => ({ ...sum, name }))
    .sort((a, b) => b.cost - a.cost || tokensOf(b) - tokensOf(a));
}

/** The tokens that were sent and answered. */
export function tokensOf({ inputTokens, outputTokens }: Amounts): number {
  return inputTokens + outputTokens;
}

/** How much of one measure it comes to. */
export function measured(amounts: Amounts, unit: Unit): number {
  return unit === "cost" ? amounts.cost : tokensOf(amounts);
}

/** The measure there is something of: where nothing costs anything, a chart of costs is empty. */
export function unitOf({ cost }: Amounts): Unit {
  return cost > 0 ? "cost" : "tokens";
}

/** An amount as people read it: `$2.31`, `630,260`. */
export function written(amount: number, unit: Unit): string {
  if (unit === "tokens") return new Intl.NumberFormat(currentLocale()).format(amount);
  const isSmall = amount > 0 && amount < 0.01;
  return new Intl.NumberFormat(currentLocale(), {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    ...(isSmall && { maximumFractionDigits: 4 }),
  }).format(amount);
}

/** A day as people read it: `21 Nov`. Days are those of UTC. */
export function writtenDay(day: string): string {
  return new Date(day).toLocaleDateString(currentLocale(), {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
}

/** The days of a report as a table for other programs, each line ended. */
export function asCsv(days: readonly DayUsage[]): string {
  const heading = "day,provider,turns,inputTokens,cachedTokens,outputTokens,cost,unpriced";
  const rows = days.map((one) =>
    [
      one.day,
      one.providerId,
      one.turns,
      one.inputTokens,
      one.cachedTokens,
      one.outputTokens,
      one.cost.toFixed(6),
      one.unpriced,
    ].join(","),
  );
  return `${[heading, ...rows].join("\n")}\n`;
}

function sumBy(days: readonly DayUsage[], key: (day: DayUsage) => string): Map<string, Amounts> {
  const sums = new Map<string, Amounts>();
  for (const day of days) {
    const before = sums.get(key(day)) ?? NOTHING;
    sums.set(key(day), {
      turns: before.turns + day.turns,
      inputTokens: before.inputTokens + day.inputTokens,
      outputTokens: before.outputTokens + day.outputTokens,
      cachedTokens: before.cachedTokens + day.cachedTokens,
      cost: before.cost + day.cost,
      unpriced: before.unpriced + day.unpriced,
    });
  }
  return sums;
}
