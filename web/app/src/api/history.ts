import { callHubForLines } from "./http.ts";

/** The most entries the hub gives at a time. */
export const HISTORY_PAGE = 500;

/** An offset beyond every entry: what is before it ends at the head. */
export const BEYOND_HEAD = "9223372036854775807";

/**
 * Get the last entries of a session's stream before an offset, oldest first: at most `HISTORY_PAGE`, but at least one if there is one.
 *
 * Raises `ApiProblem`.
 */
export async function getHistoryBefore(
  sessionId: string,
  before: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const path = `/sessions/${encodeURIComponent(sessionId)}/events?before=${before}&limit=${HISTORY_PAGE}`;
  const lines = await callHubForLines(path, { signal });
  return lines.map((line) => line());
}
