const DAY_MS = 86_400_000;

/** When something was, as short as it stays clear: the time today, the weekday this week, else the date. */
export function shortTime(iso: string, now: number): string {
  const date = new Date(iso);
  const age = startOfDay(now) - startOfDay(date.getTime());
  if (Number.isNaN(age)) return "";
  if (age <= 0) return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (age < 6.5 * DAY_MS) return date.toLocaleDateString([], { weekday: "short" });
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString([], {
    day: "numeric",
    month: "short",
    ...(!isThisYear && { year: "numeric" }),
  });
}

/** A moment in full, for a tooltip. */
export function fullTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? ""
    : date.toLocaleString([], { dateStyle: "long", timeStyle: "medium" });
}

/** How long something took: `12 ms`, `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

function startOfDay(milliseconds: number): number {
  return new Date(milliseconds).setHours(0, 0, 0, 0);
}
