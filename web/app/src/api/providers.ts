import { callHub } from "./http.ts";
import type { Phrases } from "./problem.ts";

/** Whose protocol a model's endpoint speaks. */
export type Vendor = "openai" | "anthropic" | "google" | "compatible";

/** Where the key of a provider stands, never the key. */
export interface ProviderKey {
  /** The name under which the hub's secret store has it, or would. */
  readonly secret: string;
  /** Whether no turn can run without one. */
  readonly needed: boolean;
  readonly found: "store" | "environment" | "settings" | null;
  /** Whether the provider did not take it when it was used last. */
  readonly refused: boolean;
}

/** A source of intelligence the hub knows. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: "active" | "notInstalled" | "unavailable";
  readonly reason?: string;
  readonly phrases?: Phrases;
  /** Whether it has to get ready before it answers, as a model that is read into memory. */
  readonly preparing?: boolean;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly limits?: { readonly model?: unknown; readonly [name: string]: unknown };
  /** Whether turns may pass to it; `open` while it is left alone after failures in a row, for so many seconds. */
  readonly circuit?: {
    readonly state: "closed" | "open" | "halfOpen";
    readonly failures?: number;
    readonly retryAfter?: number;
  };
  /** There where it is let in by a key that can be set. */
  readonly key?: ProviderKey;
  /** Whether a person added it, so that it can be removed. */
  readonly added?: boolean;
}

/** Whether a turn that is sent to it now may be answered. */
export function isReady({ status, circuit }: Provider): boolean {
  return status === "active" && circuit?.state !== "open";
}

/** What a person chooses: the provider, and its model where it has one. */
export function labelOf({ name, limits }: Provider): string {
  return typeof limits?.model === "string" && limits.model ? `${name}, ${limits.model}` : name;
}

/** The providers, whether they can be used or not, and the one the hub is set to use. */
export interface ProvidersAnswer {
  readonly data: readonly Provider[];
  readonly default?: string;
}

/** List the providers. */
export function listProviders(): Promise<ProvidersAnswer> {
  return callHub("/providers");
}

/** The provider a new session gets unless the person says otherwise: the hub's default, else the first that works. */
export function preferredProvider({ data, default: wanted }: ProvidersAnswer): Provider | undefined {
  const active = data.filter((provider) => provider.status === "active");
  return active.find((provider) => provider.id === wanted) ?? active[0];
}
