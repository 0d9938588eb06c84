import { ApiProblem, readProblem, unreachable } from "./problem.ts";

/** A call to the hub. */
export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** After how long it counts as unanswered, where it takes longer than others. */
  readonly timeoutMs?: number;
}

/** Where all calls of this page go: its own origin, never an address from outside. */
export const API_PREFIX = "/api/v1";

const CALL_TIMEOUT_MS = 15_000;

/** Call the hub and return its parsed JSON answer (`undefined` when there is none). Raises `ApiProblem`. */
export async function callHub<T>(path: string, call: Call = {}): Promise<T> {
  const body = await callForText(path, "application/json", call);
  return (body ? parse(body) : undefined) as T;
}

/** Call the hub and return what reads each value of its newline-delimited JSON answer; blank lines are heartbeats. */
export async function callHubForLines(path: string, call: Call = {}): Promise<(() => unknown)[]> {
  const body = await callForText(path, "application/x-ndjson", call);
  const lines = body.split("\n").filter(Boolean);
  return lines.map((line) => () => parse(line));
}

async function callForText(path: string, accept: string, call: Call): Promise<string> {
  const response = await send(path, accept, call);
  const body = await readText(response, call.signal);
  if (!response.ok) throw new ApiProblem(readProblem(parseLoosely(body), response.status));
  return body;
}

async function send(path: string, accept: string, call: Call): Promise<Response> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? CALL_TIMEOUT_MS);
  const headers: Record<string, string> = { Accept: accept, ...call.headers };
  if (call.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(API_PREFIX + path, {
      method: call.method ?? "GET",
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw unreachable();
  }
}

async function readText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable("The connection broke before the hub's answer was complete.");
  }
}

function parse(body: string): unknown {
  const value = parseLoosely(body);
  if (value === undefined) throw unreachable("The hub's answer was not complete.");
  return value;
}

function parseLoosely(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
