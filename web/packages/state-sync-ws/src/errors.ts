import { SyncError } from "@atrium/state-sync";

/** The connection ended before the hub answered. */
export class ConnectionLost extends SyncError {
  override readonly name = "ConnectionLost";
}

/** The hub declined: its problem (RFC 9457), whose `code` is stable. */
export class HubProblem extends SyncError {
  override readonly name = "HubProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    /** Whether trying again may help. */
    readonly recoverable: boolean,
  ) {
    super(detail || code);
  }
}

/** Read a problem from the body of an answer or the payload of an `error` frame; what is missing is made up for. */
export function readProblem(body: unknown, status = 500): HubProblem {
  const raw = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return new HubProblem(
    typeof raw.status === "number" ? raw.status : status,
    text(raw.code) || `HTTP_${status}`,
    text(raw.detail) || text(raw.message) || text(raw.title),
    raw.recoverable === true,
  );
}
