import { clockTime, shortTime } from "../../design/times.ts";
import { listWords } from "./list_words.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long ago something was, as short as it stays clear: minutes and hours today, then the time, the weekday, the date. */
export function agoTime(iso: string, now: number): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return "";
  const age = Math.max(0, now - time);
  const today = new Date(now).setHours(0, 0, 0, 0);
  const yesterday = new Date(today - 1).setHours(0, 0, 0, 0);
  if (age < MINUTE_MS) return listWords().now;
  if (age < HOUR_MS) return listWords().minutesAgo(Math.floor(age / MINUTE_MS));
  if (time >= today) return listWords().hoursAgo(Math.floor(age / HOUR_MS));
  return time >= yesterday ? clockTime(time) : shortTime(iso, now);
}
