import type { Session, TurnStatus } from "../../api/sessions.ts";

/** What goes on in a session, in a word; `undefined` when nothing does. */
export interface Activity {
  readonly words: string;
  readonly tone: "accent" | "warning" | "danger" | "muted";
}

const OF_TURN: Partial<Record<TurnStatus, Activity>> = {
  running: { words: "Running", tone: "accent" },
  queued: { words: "Queued", tone: "muted" },
  interrupted: { words: "Interrupted", tone: "warning" },
  failed: { words: "Failed", tone: "danger" },
};

/** Say what goes on in a session. */
export function activityOf(session: Session): Activity | undefined {
  const ofTurn = session.turn ? OF_TURN[session.turn.status] : undefined;
  if (ofTurn) return ofTurn;
  if (session.queued > 0) return { words: `${session.queued} queued`, tone: "muted" };
  return session.status === "stopped" ? { words: "Stopped", tone: "muted" } : undefined;
}

const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/g;

/** What a session is called; marks that would turn the text around it are left out. */
export function titleOf(title: string | undefined): string {
  return title?.replace(DIRECTION_MARKS, "").trim() || "Untitled session";
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
