import { callHubForLines } from "./http.ts";

const BATCH = 1_000;

/**
 * Get the entries of a session's stream from beyond an offset up to its head, oldest first, in batches; between two of them
 * the page can do something else.
 */
export async function* getHistory(
  sessionId: string,
  signal: AbortSignal,
  after = "0",
): AsyncGenerator<readonly unknown[]> {
  const path = `/sessions/${encodeURIComponent(sessionId)}/events?after=${after}`;
  const lines = await callHubForLines(path, { signal });
  for (let from = 0; from < lines.length; from += BATCH) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    yield lines.slice(from, from + BATCH).map((line) => line());
  }
}
