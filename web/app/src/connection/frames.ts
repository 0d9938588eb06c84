import { isRecord } from "../api/problem.ts";

/** A frame of the hub's WebSocket, either way. */
export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly sessionId?: string;
  readonly payload: Record<string, unknown>;
}

/** Read a frame from the wire; `undefined` when it is not one (a newer hub may send what this page cannot know). */
export function readFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value.type !== "string") return undefined;
  const { type, id, sessionId, payload } = value;
  return {
    type,
    payload: isRecord(payload) ? payload : {},
    ...(typeof id === "string" && { id }),
    ...(typeof sessionId === "string" && { sessionId }),
  };
}
