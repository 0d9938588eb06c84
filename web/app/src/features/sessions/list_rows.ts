import type { Session } from "../../api/sessions.ts";
import { currentLocale } from "../../language/language.ts";
import { listWords } from "./list_words.ts";

/** A line of the list: the name of a group, or a session. */
export type ListRow =
  | { readonly kind: "heading"; readonly key: string; readonly label: string }
  | { readonly kind: "session"; readonly key: string; readonly session: Session };

const MONDAY = 1;

/** Set sessions out: the pinned on top, the others below the day or month of their last change. Keeps their order. */
export function rowsOf(sessions: readonly Session[], now: number): readonly ListRow[] {
  const pinned = sessions.filter((session) => session.pinned);
  const rows: ListRow[] = [];
  if (pinned.length > 0) rows.push({ kind: "heading", key: "pinned", label: listWords().pinned });
  for (const session of pinned) rows.push(sessionRow(session));
  const days = new Days(now);
  let last: string | undefined;
  for (const session of sessions) {
    if (session.pinned) continue;
    const group = days.groupOf(Date.parse(session.updatedAt));
    if (group.key !== last) rows.push({ kind: "heading", ...group });
    last = group.key;
    rows.push(sessionRow(session));
  }
  return rows;
}

function sessionRow(session: Session): ListRow {
  return { kind: "session", key: session.id, session };
}

/** Names days as people do: today, yesterday, this week, then months. */
class Days {
  readonly #words = listWords();
  readonly #today: number;
  readonly #yesterday: number;
  readonly #week: number;
  readonly #year: number;
  readonly #months = new Map<string, string>();

  constructor(now: number) {
    const today = new Date(now);
    today.setHours(0, 0, 0, 0);
    this.#today = today.getTime();
    this.#yesterday = new Date(today).setDate(today.getDate() - 1);
    this.#year = today.getFullYear();
    const day = new Date(today);
    day.setDate(today.getDate() - ((today.getDay() - firstDayOfWeek() + 7) % 7));
    this.#week = day.getTime();
  }

  groupOf(time: number): { readonly key: string; readonly label: string } {
    const words = this.#words;
    if (Number.isNaN(time) || time >= this.#today) return { key: "today", label: words.today };
    if (time >= this.#yesterday) return { key: "yesterday", label: words.yesterday };
    if (time >= this.#week) return { key: "week", label: words.thisWeek };
    return this.#month(new Date(time));
  }

  #month(date: Date): { readonly key: string; readonly label: string } {
    const key = `${date.getFullYear()}-${date.getMonth()}`;
    let label = this.#months.get(key);
    if (label === undefined) {
      const isThisYear = date.getFullYear() === this.#year;
      const name = date.toLocaleDateString(currentLocale(), { month: "long" });
      label = `${name.charAt(0).toUpperCase()}${name.slice(1)}${isThisYear ? "" : ` ${date.getFullYear()}`}`;
      this.#months.set(key, label);
    }
    return { key, label };
  }
}

/** 0 for Sunday to 6, as the person's region begins its weeks; Monday where the browser does not know. */
function firstDayOfWeek(): number {
  const locale = new Intl.Locale(currentLocale()) as Intl.Locale & {
    getWeekInfo?: () => { readonly firstDay: number };
  };
  return (locale.getWeekInfo?.().firstDay ?? MONDAY) % 7;
}
