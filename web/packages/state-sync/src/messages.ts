import { ProtocolError } from "./errors";
import { parseRevision, type Revision } from "./revision";

/** A stable name of what is synchronised; not blank. */
export type Topic = string;

/** A topic may have new data: a signal, never the data itself. */
export type InvalidationEvent = {
  topic: Topic;
  revision: Revision;
  /** Who caused the change; for diagnosis and `shouldRefresh`. */
  sourceId?: string;
  /** Epoch milliseconds, for diagnosis; order comes from the revision alone. */
  timestampMs?: number;
};

/** A topic's whole data and the revision it was read at. */
export type SnapshotEnvelope<T> = {
  revision: Revision;
  data: T;
};

/** Return the value as a topic; throws `ProtocolError` when it is not a string or blank after trimming. */
export function parseTopic(value: unknown): Topic {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new ProtocolError("topic is not a non-empty string");
}

/**
 * Read an invalidation event from untrusted input; throws `ProtocolError`.
 *
 * Unknown fields are ignored, and so are `sourceId` and `timestampMs` of a wrong type: nothing depends on them.
 */
export function parseEvent(payload: unknown): InvalidationEvent {
  const raw = parseObject(payload, "an event is an object with topic and revision");
  const event: InvalidationEvent = { topic: parseTopic(raw.topic), revision: parseRevision(raw.revision) };
  if (typeof raw.sourceId === "string") event.sourceId = raw.sourceId;
  if (typeof raw.timestampMs === "number") event.timestampMs = raw.timestampMs;
  return event;
}

/** Read a snapshot from untrusted input; throws `ProtocolError`. Unknown fields are ignored, `data` is not looked into. */
export function parseSnapshot(payload: unknown): SnapshotEnvelope<unknown> {
  const raw = parseObject(payload, "a snapshot is an object with revision and data");
  const revision = parseRevision(raw.revision);
  if (!("data" in raw)) throw new ProtocolError(`the snapshot of revision ${revision} has no data field`);
  return { revision, data: raw.data };
}

/** Return the value as an object with unknown fields; throws `ProtocolError` with the message otherwise. */
export function parseObject(value: unknown, message: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new ProtocolError(message);
  return value as Record<string, unknown>;
}
