import { callHubForLines } from "./http.ts";

/** Get all entries of a session's stream up to its head, oldest first. */
export function getHistory(sessionId: string, signal: AbortSignal): Promise<unknown[]> {
  return callHubForLines(`/sessions/${encodeURIComponent(sessionId)}/events?after=0`, { signal });
}
