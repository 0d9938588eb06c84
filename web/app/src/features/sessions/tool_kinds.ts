import { isRecord } from "../../api/problem.ts";
import type { ToolCall } from "./conversation.ts";
import { type ToolWords, toolWords } from "./tool_words.ts";

/** What a tool does, as far as its name tells: it decides the words of its line and how its detail is shown. */
export type ToolKind = "read" | "search" | "edit" | "run" | "fetch" | "plan" | "other";

const NAMES: readonly (readonly [ToolKind, RegExp])[] = [
  ["plan", /^(?:todo|update_?plan|plan$)/],
  ["run", /^(?:bash|shell|exec|execute|run|terminal|command|local_shell)/],
  [
    "edit",
    /^(?:edit|multi_?edit|write|apply_?patch|str_?replace|create_?file|delete|move|notebook_?edit|patch)/,
  ],
  ["search", /^(?:grep|glob|search|find|ls|list|codebase_?search)/],
  ["read", /^(?:read|cat|view|open_?file)/],
  ["fetch", /^(?:fetch|web_?fetch|web_?search|browse|http)/],
];

const OBJECTS = ["pattern", "query", "file_path", "path", "filePath", "file", "url", "title"];

/** What a tool does. */
export function kindOf(tool: ToolCall): ToolKind {
  const name = tool.name.toLowerCase().replace(/^(?:mcp__\w+?__|functions?\.)/, "");
  const byName = NAMES.find(([, names]) => names.test(name))?.[0];
  if (byName) return byName;
  return commandOf(tool) === undefined ? "other" : "run";
}

/** The command a tool runs, if it runs one. */
export function commandOf({ arguments: input }: ToolCall): string | undefined {
  if (!isRecord(input)) return undefined;
  const command = input.command ?? input.cmd;
  if (typeof command === "string") return command;
  return Array.isArray(command) && command.every((word) => typeof word === "string")
    ? command.join(" ")
    : undefined;
}

/** What a tool is about, in one line: a file, a pattern, a command. */
export function objectOf(tool: ToolCall): string {
  const input = tool.arguments;
  if (typeof input === "string") return oneLine(input);
  if (!isRecord(input)) return "";
  const command = commandOf(tool);
  const named = OBJECTS.map((name) => input[name]).find((value) => typeof value === "string" && value !== "");
  const object = command ?? (typeof named === "string" ? named : undefined);
  return object === undefined ? briefly(input) : oneLine(object);
}

/** The words for a kind of tool. */
export function wordsOf(kind: ToolKind): ToolWords {
  return toolWords()[kind];
}

/** The steps of a plan that a tool sets, if it does. */
export function planOf({ arguments: input }: ToolCall): readonly PlanStep[] | undefined {
  if (!isRecord(input)) return undefined;
  const steps = input.todos ?? input.plan ?? input.entries;
  if (!Array.isArray(steps) || !steps.every(isRecord)) return undefined;
  return steps.map((step) => ({
    words: String(step.content ?? step.step ?? step.title ?? ""),
    status: step.status === "completed" ? "done" : step.status === "in_progress" ? "running" : "pending",
  }));
}

/** A step of a plan. */
export interface PlanStep {
  readonly words: string;
  readonly status: "done" | "running" | "pending";
}

/** Whether a tool ended badly. */
export function hasFailed(tool: ToolCall): boolean {
  return tool.isFinished && /fail|error|cancel|reject|denied/i.test(tool.status);
}

function briefly(input: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(input).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return oneLine(pairs.join(", "));
}

const LONGEST_LINE = 160;

function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
