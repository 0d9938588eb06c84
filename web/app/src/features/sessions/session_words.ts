import type { Session, TurnStatus } from "../../api/sessions.ts";
import { catalogue, plural } from "../../language/language.ts";

/** What goes on in a session, in a word; `undefined` when nothing does. */
export interface Activity {
  readonly words: string;
  readonly tone: "accent" | "warning" | "danger" | "muted";
}

/** What a session can be found by: what goes on in it. */
export type StateName = "running" | "queued" | "interrupted" | "failed" | "stopped";

/** All of them, in the order they are offered. */
export const STATES: readonly StateName[] = ["running", "queued", "interrupted", "failed", "stopped"];

const TONES: Readonly<Record<StateName, Activity["tone"]>> = {
  running: "accent",
  queued: "muted",
  interrupted: "warning",
  failed: "danger",
  stopped: "muted",
};

const words = catalogue(
  {
    running: "Running",
    asks: "Waits for you",
    queued: "Queued",
    interrupted: "Interrupted",
    failed: "Failed",
    stopped: "Stopped",
    queuedTurns: (count: number) => plural(count, { one: "# queued", other: "# queued" }),
    untitled: "Untitled session",
  },
  {
    running: "Идёт",
    asks: "Ждёт вас",
    queued: "В очереди",
    interrupted: "Прервано",
    failed: "Ошибка",
    stopped: "Остановлена",
    queuedTurns: (count: number) => plural(count, { one: "# в очереди", other: "# в очереди" }),
    untitled: "Сессия без названия",
  },
);

const OF_TURN: Partial<Record<TurnStatus, StateName>> = {
  running: "running",
  queued: "queued",
  interrupted: "interrupted",
  failed: "failed",
};

/** Tell what goes on in a session; `undefined` when nothing does. */
export function stateOf(session: Session): StateName | undefined {
  const ofTurn = session.turn ? OF_TURN[session.turn.status] : undefined;
  if (ofTurn) return ofTurn;
  if (session.queued > 0) return "queued";
  return session.status === "stopped" ? "stopped" : undefined;
}

/** Name a state. */
export function stateName(state: StateName): string {
  return words()[state];
}

/** Say what goes on in a session; `asksPerson`: its agent asks whether it may do something. */
export function activityOf(session: Session, asksPerson: boolean): Activity | undefined {
  const state = stateOf(session);
  if (!state) return undefined;
  if (state === "running" && asksPerson) return { words: words().asks, tone: "warning" };
  const isCounted = state === "queued" && session.queued > 1;
  return { words: isCounted ? words().queuedTurns(session.queued) : words()[state], tone: TONES[state] };
}

const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/g;

/** What a session is called; marks that would turn the text around it are left out. */
export function titleOf(title: string | undefined): string {
  return title?.replace(DIRECTION_MARKS, "").trim() || words().untitled;
}

const FIRST_TITLE_LENGTH = 60;

/** A title from the first message: its first line, cut between words. */
export function titleFrom(message: string): string {
  const line = message.trim().split("\n", 1)[0]?.trim() ?? "";
  if (line.length <= FIRST_TITLE_LENGTH) return line;
  const cut = line.slice(0, FIRST_TITLE_LENGTH);
  const space = cut.lastIndexOf(" ");
  return `${(space > FIRST_TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
