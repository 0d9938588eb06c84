import { type Attachment, idsOf, readAttachments } from "./attachments.ts";
import { callHub } from "./http.ts";

/** What a person has begun to write: a text, and images that were uploaded for it. */
export interface Written {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** A person's draft in a session, as the hub keeps it for all their screens. No draft is an empty text without images. */
export interface Draft extends Written {
  /** Changes with every change of the draft, also when it is cleared. */
  readonly revision: string;
}

interface DraftAnswer {
  readonly revision: string;
  readonly data: { readonly text: string; readonly attachments?: unknown };
}

/** The longest draft that the hub keeps, in bytes of UTF-8. */
export const DRAFT_BYTES = 256 << 10;

/** Get the draft of a session. */
export async function getDraft(sessionId: string): Promise<Draft> {
  return readDraft(await callHub<DraftAnswer>(pathOf(sessionId)));
}

/** Keep a draft; an empty one clears it. Raises `ApiProblem` 412 when it was changed since `revision`. */
export async function putDraft(sessionId: string, written: Written, revision: string): Promise<Draft> {
  const headers = { "If-Match": `"${revision}"` };
  const body = { text: written.text, attachments: idsOf(written.attachments) };
  return readDraft(await callHub<DraftAnswer>(pathOf(sessionId), { method: "PUT", headers, body }));
}

/** The topic that tells of changes of the draft. */
export function draftTopic(sessionId: string): string {
  return `sessions/drafts/${sessionId}`;
}

function readDraft({ revision, data }: DraftAnswer): Draft {
  return { revision, text: data.text, attachments: readAttachments(data.attachments) };
}

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/draft`;
}
