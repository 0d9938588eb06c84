/** A JSON value of the scenario file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What is held, released or made to fail. */
export type What = "snapshots" | "applies" | "subscriptions";

/** How a call ends. */
export type Then = "resolves" | "rejects" | "pending";

/** One step: something to do, or something to expect. */
export type ScenarioStep = {
  readonly do?: string;
  readonly expect?: { readonly [key: string]: Json };
  readonly window?: string;
  readonly times?: number;
  readonly then?: Then;
  readonly what?: What;
  readonly topic?: string;
  readonly revision?: string;
  readonly sourceId?: string;
  readonly extra?: { readonly [key: string]: Json };
  readonly snapshot?: Json;
  readonly payload?: Json;
  readonly raw?: Json;
  readonly bytes?: number;
  readonly as?: string;
  readonly clockMs?: number;
};

/** How a window differs from a plain one. */
export type WindowOptions = {
  readonly topic?: string;
  readonly ignoreSourceId?: string;
  readonly filterFails?: boolean;
  readonly hookFails?: boolean;
};

/** Put values in the place of names, wherever a name stands alone. */
export function resolveNames(value: unknown, names: ReadonlyMap<string, Json>): Json {
  if (typeof value === "string") return names.get(value) ?? (names.has(value) ? null : value);
  if (Array.isArray(value)) return value.map((item) => resolveNames(item, names));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveNames(item, names)]));
  }
  return value as Json;
}
