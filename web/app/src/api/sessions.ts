import { callHub } from "./http.ts";

export type TurnStatus = "queued" | "running" | "completed" | "failed" | "cancelled" | "interrupted";
export type SessionStatus = "created" | "active" | "paused" | "stopped" | "cold";

/** A session as the hub shows it. Times are ISO 8601 in UTC. */
export interface Session {
  readonly id: string;
  readonly providerId: string;
  readonly status: SessionStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly messageCount: number;
  readonly metadata: { readonly title?: string; readonly tags?: readonly string[] };
  readonly turn: { readonly id: string; readonly status: TurnStatus } | null;
  readonly queued: number;
}

/** The acknowledgement of a message: stored and queued. */
export interface MessageAccepted {
  readonly messageId: string;
  readonly turnId: string;
  readonly offset: string;
}

/** The longest title the hub accepts. */
export const TITLE_LIMIT = 200;

/** Get one session. */
export async function getSession(sessionId: string, signal: AbortSignal): Promise<Session> {
  const { data } = await callHub<{ data: Session }>(pathOf(sessionId), { signal });
  return data;
}

/** Create a session; the same key creates it once, however often the call is repeated. */
export async function createSession(providerId: string, title: string, key: string): Promise<string> {
  const created = await callHub<{ sessionId: string }>("/sessions", {
    method: "POST",
    headers: { "Idempotency-Key": key },
    body: { providerId, metadata: { title } },
  });
  return created.sessionId;
}

/** Store a message; the same token and content is stored once, however often the call is repeated. */
export function sendMessage(
  sessionId: string,
  content: string,
  clientToken: string,
): Promise<MessageAccepted> {
  return callHub(`${pathOf(sessionId)}/messages`, { method: "POST", body: { content, clientToken } });
}

/** Give a session another title. */
export async function renameSession(sessionId: string, title: string): Promise<void> {
  await callHub(pathOf(sessionId), { method: "PATCH", body: { metadata: { title } } });
}

/** Delete a session for good. */
export async function deleteSession(sessionId: string): Promise<void> {
  await callHub(pathOf(sessionId), { method: "DELETE" });
}

/** Cancel a turn: the named one, else the running one, else the interrupted one that the session waits for. */
export async function cancelTurn(sessionId: string, turnId?: string): Promise<void> {
  await callHub(`${pathOf(sessionId)}/cancel`, { method: "POST", body: turnId ? { turnId } : {} });
}

/** Run a turn that ended badly again, ahead of all that wait. */
export async function retryTurn(sessionId: string, turnId: string): Promise<void> {
  await callHub(`${pathOf(sessionId)}/retry`, { method: "POST", body: { turnId } });
}

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}
