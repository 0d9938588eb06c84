import { isRecord } from "../api/problem.ts";
import type { Feature } from "../state/feature.ts";

/** Read what a module of a plugin brings; raises an `Error` that says which part of it is not what the shell can take. */
export function readFeature(value: unknown, name: string): Feature {
  if (!isRecord(value)) throw new Error("its module makes no feature");
  const { routes, navigation, commands, finds, phrases } = value;
  if (!isListOf(routes, isRoute)) throw new Error("its `routes` are not a list of {paths, room}");
  if (navigation !== undefined && !isNavigation(navigation))
    throw new Error("its `navigation` is not {path, label, icon}");
  if (commands !== undefined && !isListOf(commands, isCommand))
    throw new Error("its `commands` are not a list of {id, label, run}");
  if (finds !== undefined && typeof finds !== "function") throw new Error("its `finds` is not a function");
  if (phrases !== undefined && !arePhrases(phrases))
    throw new Error("its `phrases` are not {ru: {code: wording}}");
  return { ...(value as unknown as Feature), name };
}

function isListOf(value: unknown, isOne: (item: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isRecord(item) && isOne(item));
}

function arePhrases(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isRecord);
}

function isRoute({ paths, room }: Record<string, unknown>): boolean {
  const arePaths = Array.isArray(paths) && paths.every((path) => isPath(path));
  return arePaths && typeof room === "function";
}

function isNavigation(value: unknown): boolean {
  return (
    isRecord(value) && isPath(value.path) && typeof value.label === "function" && Array.isArray(value.icon)
  );
}

function isCommand({ id, label, run, keys, icon }: Record<string, unknown>): boolean {
  const areKeys = keys === undefined || typeof keys === "string";
  const isIcon = icon === undefined || Array.isArray(icon);
  return (
    typeof id === "string" && typeof label === "function" && typeof run === "function" && areKeys && isIcon
  );
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("/") && !value.startsWith("//");
}
