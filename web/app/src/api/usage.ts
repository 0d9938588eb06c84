import { callHub } from "./http.ts";

export type Period = "day" | "month";
export type Unit = "cost" | "tokens";

/** What some turns used together; `cost` in US dollars, `unpriced` how many of them nobody has a price for. */
export interface Amounts {
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cost: number;
  readonly unpriced: number;
}

/** What one provider was used for on one day, `2026-11-21` in UTC. */
export interface DayUsage extends Amounts {
  readonly day: string;
  readonly providerId: string;
}

/** One of a provider's own limits, as it told last. */
export interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: string | null;
}

export interface ProviderUsage {
  readonly id: string;
  readonly quotas: readonly Quota[];
}

/** How much a provider (`*`: all together) may use in a day or a month, and how much of that is used. */
export interface Budget {
  readonly id: string;
  readonly providerId: string;
  readonly period: Period;
  readonly unit: Unit;
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: string;
}

/** What the person's turns used from day to day, the latest last. */
export interface UsageReport {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly total: Amounts;
  readonly days: readonly DayUsage[];
  readonly providers: readonly ProviderUsage[];
  readonly budgets: readonly Budget[];
}

export const EVERY_PROVIDER = "*";

/** Read what was used in the last days, today included. */
export function readUsage(days: number): Promise<UsageReport> {
  return callHub(`/usage?days=${days}`);
}

/** Set a budget; another of the same provider and period is replaced. */
export function setBudget(providerId: string, period: Period, unit: Unit, limit: number): Promise<Budget> {
  return callHub(pathOf(providerId), { method: "PUT", body: { period, unit, limit } });
}

/** Remove a budget. */
export function removeBudget({ providerId, period }: Budget): Promise<void> {
  return callHub(`${pathOf(providerId)}?period=${period}`, { method: "DELETE" });
}

function pathOf(providerId: string): string {
  return `/usage/budgets/${encodeURIComponent(providerId)}`;
}
