import { type Attachment, idsOf } from "./attachments.ts";
import { callHub } from "./http.ts";
import type { MessageAccepted } from "./sessions.ts";

/** What goes with a message. */
export interface Sending {
  /** The same token and content is stored once, however often the call is repeated. */
  readonly clientToken: string;
  /** The revision of the draft it was sent from: that is cleared with it, unless it was changed since. */
  readonly draftRevision?: string;
  /** Images that were uploaded for the session; a message that has some may be without words. */
  readonly attachments?: readonly Attachment[];
}

/** Store a message. */
export function postMessage(
  sessionId: string,
  content: string,
  { attachments = [], ...sending }: Sending,
): Promise<MessageAccepted> {
  const body = { content, ...sending, ...named(attachments) };
  return callHub(`${pathOf(sessionId)}/messages`, { method: "POST", body });
}

/**
 * Begin a copy of a session that ends before one of its messages, and say something else there; repeated, it is done once.
 *
 * The images are those of the session that is copied.
 */
export async function forkBefore(
  sessionId: string,
  before: string,
  content: string,
  { clientToken, attachments = [] }: Sending,
): Promise<string> {
  const forked = await callHub<{ sessionId: string }>(`${pathOf(sessionId)}/fork`, {
    method: "POST",
    body: { before, content, clientToken, ...named(attachments) },
  });
  return forked.sessionId;
}

/** Say up to where a session was read. */
export async function markRead(sessionId: string, offset: string): Promise<void> {
  await callHub(`${pathOf(sessionId)}/read`, { method: "PUT", body: { offset } });
}

function named(attachments: readonly Attachment[]): { readonly attachments?: readonly string[] } {
  return attachments.length > 0 ? { attachments: idsOf(attachments) } : {};
}

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}
