import { callHub } from "./http.ts";

/** A source of intelligence the hub knows. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: "active" | "notInstalled" | "unavailable";
  readonly reason?: string;
  readonly limits?: { readonly model?: unknown };
}

/** What a person chooses: the provider, and its model where it has one. */
export function labelOf({ name, limits }: Provider): string {
  return typeof limits?.model === "string" && limits.model ? `${name}, ${limits.model}` : name;
}

/** List the providers, whether they can be used or not. */
export async function listProviders(): Promise<readonly Provider[]> {
  const { data } = await callHub<{ data: readonly Provider[] }>("/providers");
  return data;
}

/** The provider a new session gets unless the person says otherwise: the embedded model, else the first active. */
export function preferredProvider(providers: readonly Provider[]): Provider | undefined {
  const active = providers.filter((provider) => provider.status === "active");
  return active.find((provider) => provider.id === "local") ?? active[0];
}
