import { callHub } from "./http.ts";

/** A feature that a plugin of the hub ships: a module to import. */
export interface ShippedFeature {
  readonly name: string;
  readonly plugin: string;
  /** A path of this origin. */
  readonly module: string;
}

/** List what the hub's plugins bring into the page. */
export async function listFeatures(): Promise<readonly ShippedFeature[]> {
  const { data } = await callHub<{ data: readonly ShippedFeature[] }>("/features");
  return data;
}
