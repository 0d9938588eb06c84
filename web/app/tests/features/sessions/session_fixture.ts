import type { Session } from "../../../src/api/sessions.ts";

/** A session with nothing special about it but its id, and what is given. */
export function session(id: string, more: Partial<Session> = {}): Session {
  return {
    id,
    providerId: "stage",
    status: "active",
    createdAt: "2026-11-18T12:00:00.000Z",
    updatedAt: "2026-11-18T12:00:00.000Z",
    messageCount: 2,
    metadata: { title: id },
    turn: null,
    queued: 0,
    ...more,
  };
}
