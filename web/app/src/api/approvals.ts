import { callHub } from "./http.ts";

export type Risk = "low" | "medium" | "high";
export type Answer = "allow" | "allow_session" | "allow_always" | "reject";
export type ApprovalStatus = "pending" | "allowed" | "rejected" | "expired" | "withdrawn";

/** What would be done, as people read it: the hub has written out what cannot be seen. */
export interface ShownAct {
  readonly tool: string;
  readonly command: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly cwd: string | null;
  readonly env: readonly string[];
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly paths: readonly string[];
  readonly warnings: readonly ("hidden_characters" | "not_ascii")[];
}

/** A question that blocks an act; `digest` stands for exactly this act. Times are ISO 8601 in UTC. */
export interface Approval {
  readonly id: string;
  readonly title: string;
  readonly act: ShownAct;
  readonly digest: string;
  readonly risk: Risk;
  readonly reason: string;
  readonly sessionId: string | null;
  readonly project: string | null;
  readonly options: readonly Answer[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly status: ApprovalStatus;
  readonly closedAt: string | null;
  readonly answeredBy: string | null;
  readonly rule: string | null;
}

/** What is allowed without asking again. */
export interface Permission {
  readonly id: string;
  readonly tool: string;
  readonly title: string;
  readonly project: string | null;
  readonly sessionId: string | null;
  readonly pattern: string | null;
  readonly createdAt: string;
}

/** How a question is answered; `pattern` with `allow_session`. */
export interface GivenAnswer {
  readonly answer: Answer;
  readonly message?: string;
  readonly pattern?: string;
}

/** Answer a question, bound to the act that was shown. Somebody was faster: `ApiProblem`, status 409. */
export function answerApproval(approval: Approval, given: GivenAnswer): Promise<Approval> {
  const body = { ...given, digest: approval.digest };
  return callHub(`/approvals/${encodeURIComponent(approval.id)}/answer`, { method: "POST", body });
}

/** List how the last questions ended, the newest first. */
export async function listClosed(limit: number): Promise<readonly Approval[]> {
  const { data } = await callHub<{ data: readonly Approval[] }>(`/approvals/history?limit=${limit}`);
  return data;
}

/** Ask again about what a permission allowed. */
export function takeBack(permissionId: string): Promise<void> {
  return callHub(`/approvals/permissions/${encodeURIComponent(permissionId)}`, { method: "DELETE" });
}
