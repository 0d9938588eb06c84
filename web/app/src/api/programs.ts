import { callHub } from "./http.ts";
import type { Phrases } from "./problem.ts";

/** One installation of a program, as topic `providers/programs` shows it; `done` and `total` in bytes. */
export interface Install {
  readonly id: string;
  readonly status: "running" | "completed" | "failed" | "cancelled";
  readonly version: string;
  readonly step: string;
  readonly done: number;
  readonly total: number | null;
  readonly error?: { readonly code: string; readonly detail: string; readonly phrases?: Phrases };
}

/** The program of an agent: `version` is the one that would be installed, `installed` the one that is. */
export interface Program {
  readonly id: string;
  /** A model is one file, and an agent a program with a home of its own. */
  readonly kind?: "agent" | "model";
  readonly name: string;
  readonly about: string;
  readonly licence: string;
  readonly homepage: string;
  /** `null` where no package registry has it: then it cannot be installed from here. */
  readonly package: string | null;
  readonly version: string | null;
  readonly installed: string | null;
  /** Whether what is installed is exactly what would be installed. */
  readonly current: boolean;
  /** In bytes, when it is installed. */
  readonly size: number;
  /** Variables of the hub it is given, its keys above all, and those of them that have a value. */
  readonly variables: readonly string[];
  readonly variablesSet: readonly string[];
  readonly install?: Install;
  readonly phrases?: Phrases;
}

/** One line of a check: what was found, and what to do about it. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  readonly message: string;
  readonly next: string;
  readonly phrases?: Phrases;
}

/** A check starts the program, which takes long where the machine is slow. */
const EXAMINE_MS = 120_000;

/** List the programs that the hub knows how to install. */
export async function listPrograms(): Promise<readonly Program[]> {
  return (await callHub<{ data: readonly Program[] }>("/providers/programs")).data;
}

/** Begin to install or update a program. */
export function installProgram(id: string): Promise<Install> {
  return callHub(pathOf(id), { method: "POST" });
}

/** End an installation; nothing of it is kept. */
export function cancelInstall(id: string): Promise<void> {
  return callHub(`${pathOf(id)}/install`, { method: "DELETE" });
}

/** Remove a program; `false` if a running session still uses it, and the rest goes later. */
export async function removeProgram(id: string): Promise<boolean> {
  return (await callHub<{ removed: boolean }>(pathOf(id), { method: "DELETE" })).removed;
}

/** Find out whether a program can run on the hub's machine, and try it. */
export async function examineProgram(id: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const call = { signal, timeoutMs: EXAMINE_MS };
  return (await callHub<{ data: readonly Finding[] }>(`${pathOf(id)}/doctor`, call)).data;
}

function pathOf(id: string): string {
  return `/providers/programs/${encodeURIComponent(id)}`;
}
