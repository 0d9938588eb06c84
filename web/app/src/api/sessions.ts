import { API_PREFIX, callHub } from "./http.ts";

export type TurnStatus = "queued" | "running" | "completed" | "failed" | "cancelled" | "interrupted";
export type SessionStatus = "created" | "active" | "paused" | "stopped" | "cold";

/** What people say about a session. */
export interface SessionMetadata {
  readonly title?: string;
  readonly tags?: readonly string[];
}

/** A session as the hub shows it. Times are ISO 8601 in UTC. */
export interface Session {
  readonly id: string;
  readonly providerId: string;
  readonly status: SessionStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly messageCount: number;
  readonly metadata: SessionMetadata;
  readonly turn: { readonly id: string; readonly status: TurnStatus } | null;
  readonly queued: number;
  readonly pinned?: boolean;
  /** How many answers the person has not read; counted no further than 1,000. */
  readonly unread?: number;
  readonly readOffset?: string;
  /** What it is a copy of. */
  readonly forkedFrom?: { readonly sessionId: string } | null;
  /** The model and the mode that were chosen for it, if any were. */
  readonly model?: string | null;
  readonly mode?: string | null;
}

/** The acknowledgement of a message: stored and queued. */
export interface MessageAccepted {
  readonly messageId: string;
  readonly turnId: string;
  readonly offset: string;
}

/** A session, and the revision at which it was read: decimal digits. */
export interface SessionRead {
  readonly revision: string;
  readonly data: Session;
}

/** The longest title the hub accepts. */
export const TITLE_LIMIT = 200;

/** The longest tag the hub accepts, and the most tags of a session. */
export const TAG_LIMIT = 64;
export const TAGS_LIMIT = 32;

/** Get one session. */
export async function getSession(sessionId: string, signal: AbortSignal): Promise<Session> {
  const { data } = await callHub<{ data: Session }>(pathOf(sessionId), { signal });
  return data;
}

/** Read one session with the revision that a change of it can be bound to. */
export function readSession(sessionId: string): Promise<SessionRead> {
  return callHub(pathOf(sessionId));
}

/** Change what people say about a session, unless it was changed since `revision`: then `ApiProblem`, status 412. */
export function changeSession(
  sessionId: string,
  metadata: SessionMetadata,
  revision: string,
): Promise<SessionRead> {
  return callHub(pathOf(sessionId), {
    method: "PATCH",
    headers: { "If-Match": `"${revision}"` },
    body: { metadata },
  });
}

/** What a new session is: who answers, its title, and the folder on the hub's machine that an agent works in, if any. */
export interface NewSession {
  readonly providerId: string;
  readonly title: string;
  readonly folder?: string;
}

/** Create a session; the same key creates it once, however often the call is repeated. */
export async function createSession({ providerId, title, folder }: NewSession, key: string): Promise<string> {
  const created = await callHub<{ sessionId: string }>("/sessions", {
    method: "POST",
    headers: { "Idempotency-Key": key },
    body: { providerId, metadata: { title }, ...(folder && { settings: { cwd: folder } }) },
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

/** Keep a session on top of the list, or no longer. */
export async function pinSession(sessionId: string, pinned: boolean): Promise<Session> {
  const { data } = await callHub<SessionRead>(pathOf(sessionId), { method: "PATCH", body: { pinned } });
  return data;
}

/** Delete a session for good. */
export async function deleteSession(sessionId: string): Promise<void> {
  await callHub(pathOf(sessionId), { method: "DELETE" });
}

/** Ask for a session to be deleted while the page goes away: nobody is left to learn how it ended. */
export function deleteSessionOnLeaving(sessionId: string): void {
  // `sendBeacon` can only POST; `keepalive` is the same promise for other methods.
  void fetch(API_PREFIX + pathOf(sessionId), {
    method: "DELETE",
    credentials: "same-origin",
    keepalive: true,
  }).catch(() => undefined);
}

/** Cancel a turn: the named one, else the running one, else the interrupted one that the session waits for. */
export async function cancelTurn(sessionId: string, turnId?: string): Promise<void> {
  await callHub(`${pathOf(sessionId)}/cancel`, { method: "POST", body: turnId ? { turnId } : {} });
}

/** Run a turn that ended badly again, ahead of all that wait; where the provider takes no images, without them. */
export async function retryTurn(sessionId: string, turnId: string, withoutImages = false): Promise<void> {
  const body = { turnId, ...(withoutImages && { withoutImages }) };
  await callHub(`${pathOf(sessionId)}/retry`, { method: "POST", body });
}

/** Let another provider answer from here on; `isToRetry` asks what failed last of it as well. */
export async function switchProvider(
  sessionId: string,
  providerId: string,
  isToRetry: boolean,
): Promise<Session> {
  const { data } = await callHub<SessionRead>(`${pathOf(sessionId)}/provider`, {
    method: "POST",
    body: { providerId, retry: isToRetry },
  });
  return data;
}

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}
