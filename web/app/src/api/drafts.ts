import { callHub } from "./http.ts";

/** A person's draft in a session, as the hub keeps it for all their screens. No draft is an empty text. */
export interface Draft {
  readonly text: string;
  /** Changes with every change of the draft, also when it is cleared. */
  readonly revision: string;
}

interface DraftAnswer {
  readonly revision: string;
  readonly data: { readonly text: string };
}

/** The longest draft that the hub keeps, in bytes of UTF-8. */
export const DRAFT_BYTES = 256 << 10;

/** Get the draft of a session. */
export async function getDraft(sessionId: string): Promise<Draft> {
  return readDraft(await callHub<DraftAnswer>(pathOf(sessionId)));
}

/** Keep a draft; `""` clears it. Raises `ApiProblem` 412 when it was changed since `revision`. */
export async function putDraft(sessionId: string, text: string, revision: string): Promise<Draft> {
  const headers = { "If-Match": `"${revision}"` };
  return readDraft(await callHub<DraftAnswer>(pathOf(sessionId), { method: "PUT", headers, body: { text } }));
}

/** The topic that tells of changes of the draft. */
export function draftTopic(sessionId: string): string {
  return `sessions/drafts/${sessionId}`;
}

function readDraft({ revision, data }: DraftAnswer): Draft {
  return { revision, text: data.text };
}

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/draft`;
}
