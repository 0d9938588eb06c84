import type { Install, Program } from "../../api/programs.ts";
import type { Provider } from "../../api/providers.ts";
import type { ProviderUsage, Quota } from "../../api/usage.ts";

/** One source of intelligence as a person sees it: a provider, the program that can be one, or both. */
export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly provider?: Provider;
  readonly program?: Program;
  /** Its last installation. */
  readonly install?: Install;
  readonly quotas: readonly Quota[];
  readonly isDefault: boolean;
}

/** Whether it can answer. `until` in milliseconds. */
export type Condition =
  | { readonly kind: "ready" | "noKey" | "keyMissing" | "keyRefused" | "probing" | "installing" }
  | { readonly kind: "suspended"; readonly until: number; readonly failures: number }
  /** The reason is there where nothing can be installed from here, and only it helps. */
  | { readonly kind: "notInstalled" | "unavailable"; readonly reason?: string };

export type Step = "install" | "update" | "start" | "setKey" | "lookAgain" | "get";

/** What is known of all of them. */
export interface Known {
  readonly providers: readonly Provider[];
  readonly programs: readonly Program[];
  readonly installs: ReadonlyMap<string, Install>;
  readonly usage: readonly ProviderUsage[];
  readonly defaultId: string | undefined;
}

/** Bring together what belongs to one id: the providers in the hub's order, then the programs that are none yet. */
export function entriesOf({ providers, programs, installs, usage, defaultId }: Known): readonly Entry[] {
  const known = new Map(programs.map((program) => [program.id, program]));
  const ids = new Set([...providers.map(({ id }) => id), ...known.keys()]);
  return [...ids].map((id) => {
    const provider = providers.find((one) => one.id === id);
    const program = known.get(id);
    const install = installs.get(id);
    return {
      id,
      name: provider?.name ?? program?.name ?? id,
      ...(provider && { provider }),
      ...(program && { program }),
      ...(install && { install }),
      quotas: usage.find((one) => one.id === id)?.quotas ?? [],
      isDefault: id === defaultId,
    };
  });
}

/** Tell whether it can answer, from what the hub said at `readAt` (milliseconds). */
export function conditionOf(entry: Entry, readAt: number, now: number): Condition {
  const { provider, program, install } = entry;
  const status = provider?.status ?? (program?.installed ? "active" : "notInstalled");
  if (isWithoutNeededKey(provider)) return { kind: "keyMissing" };
  if (status === "unavailable" || (status === "notInstalled" && !program))
    return { kind: status, reason: provider?.reason ?? "" };
  if (status === "notInstalled")
    return { kind: install?.status === "running" ? "installing" : "notInstalled" };
  return troubleOf(provider, readAt, now) ?? { kind: isWithoutKey(program) ? "noKey" : "ready" };
}

function troubleOf(provider: Provider | undefined, readAt: number, now: number): Condition | undefined {
  if (provider?.key?.refused) return { kind: "keyRefused" };
  const { state, retryAfter = 0, failures = 0 } = provider?.circuit ?? { state: "closed" };
  const until = readAt + retryAfter * 1000;
  if (state === "open" && until > now) return { kind: "suspended", until, failures };
  return state === "closed" ? undefined : { kind: "probing" };
}

function isWithoutNeededKey(provider: Provider | undefined): boolean {
  return provider?.status === "unavailable" && provider.key?.needed === true && provider.key.found === null;
}

function isWithoutKey(program: Program | undefined): boolean {
  return program !== undefined && program.variables.length > 0 && program.variablesSet.length === 0;
}

/** What a person can do next with it, the likeliest first; a failed installation offers its own way to try again. */
export function stepsOf(entry: Entry, condition: Condition): readonly Step[] {
  const { program, install } = entry;
  const isOffered = install?.status !== "running" && !failureOf(entry);
  const update: readonly Step[] = isUpdatable(program) && isOffered ? ["update"] : [];
  switch (condition.kind) {
    case "installing":
      return [];
    case "keyMissing":
    case "keyRefused":
      return ["setKey"];
    case "notInstalled":
      if (!program || program.package === null)
        return homepageOf(program) ? ["get", "lookAgain"] : ["lookAgain"];
      return isOffered ? ["install"] : [];
    case "unavailable":
      return ["lookAgain"];
    case "suspended":
      return update;
    default:
      return [...update, "start"];
  }
}

/** Whether another version is installed than the one that would be. */
export function isUpdatable(program: Program | undefined): boolean {
  return program?.package != null && program.installed !== null && !program.current;
}

/** Where to read more of a program; a recipe may name anything, and only an address of the web is one to go to. */
export function homepageOf(program: Program | undefined): string | undefined {
  return /^https?:\/\//.test(program?.homepage ?? "") ? program?.homepage : undefined;
}

/** Why it could not be installed, unless what was wanted has got there since. */
export function failureOf({ program, install }: Entry): Install["error"] | undefined {
  return install?.status === "failed" && program && !program.current ? install.error : undefined;
}

/** How far an installation is, from 0 to 1; `undefined` while nobody knows. */
export function shareOf({ step, done, total }: Install): number | undefined {
  return step === "download" && total ? Math.min(done / total, 1) : undefined;
}

/** Whether the installation that is shown now tells that something else has to be read again. */
export function hasEnded(before: ReadonlyMap<string, Install>, now: readonly Install[]): boolean {
  const isOver = ({ id, status }: Install): boolean =>
    status !== "running" && before.get(id)?.status !== status;
  const ids = new Set(now.map(({ id }) => id));
  return now.some(isOver) || [...before.keys()].some((id) => !ids.has(id));
}
