/** A step the hub offers with a problem, as a button. */
export interface ProblemAction {
  readonly id: string;
  readonly label: string;
  /** The provider that a switch leads to, where there is one. */
  readonly providerId?: string;
}

/** RFC 9457 problem details with the hub's members. */
export interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly status: number;
  readonly recoverable: boolean;
  /** In seconds. */
  readonly retryAfter?: number;
  /** When that will have passed, in milliseconds, where the hub says when it found the problem. */
  readonly retryAt?: number;
  readonly actions: readonly ProblemAction[];
  /** What its texts are made of. */
  readonly phrases?: Phrases;
}

/** By the name of a text of the hub: what clients say it with in other languages. Anything may be in it. */
export type Phrases = Readonly<Record<string, unknown>>;

/** A call the hub answered with a problem, or could not answer at all (`status` 0). */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiProblem";
  }

  /** Whether the same call may succeed later without anybody changing it. */
  get isTransient(): boolean {
    const { status } = this.problem;
    return status === 0 || status === 408 || status === 429 || status >= 500;
  }
}

/** Read a problem from untrusted JSON; whatever is missing gets a plain default. */
export function readProblem(value: unknown, status = 0): Problem {
  const source = isRecord(value) ? value : {};
  const retryAfter = source.retryAfter;
  return {
    title: text(source.title) || titleOf(status),
    detail: text(source.detail) || text(source.message),
    code: text(source.code) || "UNKNOWN",
    status: typeof source.status === "number" ? source.status : status,
    recoverable: source.recoverable === true,
    actions: Array.isArray(source.actions) ? source.actions.filter(isAction) : [],
    ...(isRecord(source.phrases) && { phrases: source.phrases }),
    ...(typeof retryAfter === "number" && { retryAfter, ...retryAtOf(source.timestamp, retryAfter) }),
  };
}

/** The code of a call that got no answer. */
export const UNREACHABLE = "UNREACHABLE";

/** The problem of a hub that does not answer. */
export function unreachable(
  detail = "The hub does not answer. It may be stopped or restarting.",
): ApiProblem {
  return new ApiProblem({
    title: "Not connected",
    detail,
    code: UNREACHABLE,
    status: 0,
    recoverable: true,
    actions: [],
  });
}

/** The problem inside any error, so that a page can show it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return {
    title: "Something in this page failed",
    detail,
    code: "PAGE",
    status: 0,
    recoverable: true,
    actions: [],
  };
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function retryAtOf(timestamp: unknown, retryAfter: number): { retryAt?: number } {
  const retryAt = Date.parse(text(timestamp)) + retryAfter * 1000;
  return Number.isNaN(retryAt) ? {} : { retryAt };
}

function isAction(value: unknown): value is ProblemAction {
  return isRecord(value) && typeof value.id === "string" && typeof value.label === "string";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function titleOf(status: number): string {
  return status ? `The hub answered ${status}` : "The call failed";
}
