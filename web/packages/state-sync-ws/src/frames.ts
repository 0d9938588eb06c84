/** A frame from the hub. Its payload is untrusted. */
export type Frame = { type: string; id: string | undefined; payload: unknown };

/** Read a frame; undefined when it is none. */
export function readFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(data);
  } catch {
    return undefined; // not ours to understand: a frame of a later version, or of a proxy in between
  }
  const { type, id, payload } = fields(raw);
  if (typeof type !== "string") return undefined;
  return { type, id: id === undefined || id === null ? undefined : String(id), payload };
}

/** The fields of an untrusted value; none when it is no object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
