import { callHub } from "./http.ts";
import type { Phrases } from "./problem.ts";

/** A plugin of the hub, for people. */
export interface PluginState {
  readonly name: string;
  readonly version: string | null;
  readonly status: string;
  readonly description: string;
  readonly reason?: string;
  readonly phrases?: Phrases;
}

/** List the hub's plugins, running or not. */
export async function listPlugins(): Promise<readonly PluginState[]> {
  const { data } = await callHub<{ data: readonly PluginState[] }>("/plugins");
  return data;
}

/** The version of the hub. */
export async function getVersion(): Promise<string> {
  const { version } = await callHub<{ version: string }>("/health");
  return version;
}
