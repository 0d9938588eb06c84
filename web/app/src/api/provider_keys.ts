import { callHub } from "./http.ts";
import type { Provider, Vendor } from "./providers.ts";

/** A model behind an API, as a person describes it. */
export interface NewProvider {
  readonly vendor: Vendor;
  readonly model: string;
  readonly name?: string;
  readonly baseUrl?: string;
  readonly key?: string;
}

/** Set the key of a provider, or replace it; it is never shown again. */
export function setKey(id: string, key: string): Promise<Provider> {
  return callHub(`${pathOf(id)}/key`, { method: "PUT", body: { key } });
}

/** Remove the key that the hub keeps for a provider. */
export function removeKey(id: string): Promise<void> {
  return callHub(`${pathOf(id)}/key`, { method: "DELETE" });
}

/** Add a model behind an API. */
export function addProvider(wanted: NewProvider): Promise<Provider> {
  return callHub("/providers", { method: "POST", body: wanted });
}

/** Remove a provider that was added, and its key. */
export function removeProvider(id: string): Promise<void> {
  return callHub(pathOf(id), { method: "DELETE" });
}

function pathOf(id: string): string {
  return `/providers/${encodeURIComponent(id)}`;
}
