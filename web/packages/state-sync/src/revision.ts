import { ProtocolError } from "./errors";

/** A canonical decimal u64 string: ASCII digits, no sign, no leading zero, at most 2^64 - 1. */
export type Revision = string & { readonly __brand: "Revision" };

/** Nothing yet. */
export const ZERO_REVISION = "0" as Revision;

/** The largest revision: 2^64 - 1. */
export const MAX_REVISION = "18446744073709551615" as Revision;

const CANONICAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** Tell whether a value is a revision. */
export function isRevision(value: unknown): value is Revision {
  if (typeof value !== "string" || !CANONICAL.test(value)) return false;
  return value.length < MAX_REVISION.length || value <= MAX_REVISION;
}

/** Return the value as a revision; throws `ProtocolError` when it is not canonical. */
export function parseRevision(value: unknown): Revision {
  if (isRevision(value)) return value;
  throw new ProtocolError(
    `revision ${show(value)} is not a canonical decimal u64 string such as "0" or "42"`,
  );
}

/** Order two revisions, by length and then by text: no precision is lost, whatever their size. */
export function compareRevisions(a: Revision, b: Revision): -1 | 0 | 1 {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : `of type ${typeof value}`;
}
