import { catalogue, currentLocale } from "../language/language.ts";

const DAY_MS = 86_400_000;

/** When something was, as short as it stays clear: the time today, the weekday this week, else the date. */
export function shortTime(iso: string, now: number): string {
  const date = new Date(iso);
  const age = startOfDay(now) - startOfDay(date.getTime());
  if (Number.isNaN(age)) return "";
  if (age <= 0) return clockTime(date.getTime());
  if (age < 6.5 * DAY_MS) return date.toLocaleDateString(currentLocale(), { weekday: "short" });
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(currentLocale(), {
    day: "numeric",
    month: "short",
    ...(!isThisYear && { year: "numeric" }),
  });
}

/** The time of day, `09:05`. */
export function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString(currentLocale(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/** When something will be, as short as it stays clear: the time today, else with its date, `22 Nov, 00:00`. */
export function comingTime(milliseconds: number, now: number): string {
  return startOfDay(milliseconds) === startOfDay(now) ? clockTime(milliseconds) : dateAndTime(milliseconds);
}

/** A moment with its date: `22 Nov, 00:00`. */
export function dateAndTime(moment: number | string): string {
  return new Date(moment).toLocaleString(currentLocale(), {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/** A moment in full, for a tooltip. */
export function fullTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? ""
    : date.toLocaleString(currentLocale(), { dateStyle: "long", timeStyle: "medium" });
}

const units = catalogue({ ms: "ms", s: "s", min: "min" }, { ms: "мс", s: "с", min: "мин" });

/** How long something took: `12 ms`, `0.4 s`, `3 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  const { ms, s, min } = units();
  const seconds = milliseconds / 1000;
  if (milliseconds < 100) return `${Math.round(milliseconds)} ${ms}`;
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${tenths(seconds)} ${s}`;
  if (seconds < 60) return `${Math.floor(seconds)} ${s}`;
  return `${Math.floor(seconds / 60)} ${min} ${Math.floor(seconds % 60)} ${s}`;
}

function tenths(amount: number): string {
  return amount.toLocaleString(currentLocale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function startOfDay(milliseconds: number): number {
  return new Date(milliseconds).setHours(0, 0, 0, 0);
}
