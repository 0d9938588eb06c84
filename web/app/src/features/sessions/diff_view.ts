import { html, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";
import { isRecord } from "../../api/problem.ts";
import type { ToolCall } from "./conversation.ts";
import { sessionWords } from "./words.ts";

/** A changed file: its name and its lines, each with the sign it has in a patch. */
export interface FileDiff {
  readonly name: string;
  readonly lines: readonly string[];
}

const MOST_LINES = 600;
const CONTEXT_LINES = 3;
const PATCH = /^(?:diff --git |--- |\*\*\* Begin Patch|@@ )/m;

/** Whether a text is a patch. */
export function isPatch(text: string): boolean {
  return PATCH.test(text) && /^[+-]/m.test(text);
}

/** The change that a tool was asked to make, if it says so: a patch, a replacement, or a new file's content. */
export function diffOf({ arguments: input }: ToolCall): Promise<readonly FileDiff[]> | undefined {
  if (!isRecord(input)) return undefined;
  const name = [input.file_path, input.path, input.filePath].find((value) => typeof value === "string") ?? "";
  const patch = [input.patch, input.diff, input.input].find(
    (value): value is string => typeof value === "string" && isPatch(value),
  );
  if (patch !== undefined) return Promise.resolve(readPatch(patch));
  const edits = Array.isArray(input.edits) ? input.edits.filter(isRecord) : [input];
  const pairs = edits.flatMap(replacementOf);
  if (pairs.length > 0) return compared(String(name), pairs);
  if (typeof input.content !== "string" || !name) return undefined;
  return Promise.resolve([{ name: String(name), lines: linesOf(input.content).map((line) => `+${line}`) }]);
}

/** Show a change, file by file. */
export function renderDiff(files: readonly FileDiff[]): TemplateResult {
  return html`${files.map(renderFile)}`;
}

/** Show a change that is still computed. */
export function renderDiffOf(files: Promise<readonly FileDiff[]>): TemplateResult {
  return html`${until(files.then(renderDiff), "")}`;
}

/** Read a patch file by file. */
export function readPatch(patch: string): FileDiff[] {
  const files: { name: string; lines: string[] }[] = [];
  for (const line of linesOf(patch)) {
    const name = nameIn(line);
    if (name !== undefined) files.push({ name, lines: [] });
    else if (!isHead(line)) (files.at(-1) ?? started(files)).lines.push(line);
  }
  return files.filter(({ lines }) => lines.length > 0);
}

function started(files: { name: string; lines: string[] }[]): { name: string; lines: string[] } {
  const file = { name: "", lines: [] };
  files.push(file);
  return file;
}

function nameIn(line: string): string | undefined {
  const name = /^(?:\+\+\+ (?:b\/)?|\*\*\* (?:Update|Add|Delete) File: )(.+)$/.exec(line)?.[1];
  return name?.replace(/\t.*$/, "");
}

function isHead(line: string): boolean {
  return /^(?:diff --git |index |--- |new file mode|deleted file mode|similarity |rename |\*\*\* |\\ No newline)/.test(
    line,
  );
}

function replacementOf(edit: Readonly<Record<string, unknown>>): [string, string][] {
  const before = edit.old_string ?? edit.oldText ?? edit.old_str;
  const after = edit.new_string ?? edit.newText ?? edit.new_str;
  return typeof before === "string" && typeof after === "string" ? [[before, after]] : [];
}

async function compared(name: string, pairs: readonly [string, string][]): Promise<FileDiff[]> {
  const { structuredPatch } = await import("diff");
  return pairs.map(([before, after]) => {
    const { hunks } = structuredPatch(name, name, ended(before), ended(after), "", "", {
      context: CONTEXT_LINES,
    });
    return { name, lines: hunks.flatMap((hunk) => hunk.lines).filter((line) => !line.startsWith("\\")) };
  });
}

function renderFile({ name, lines }: FileDiff): TemplateResult {
  const added = lines.filter((line) => line.startsWith("+")).length;
  const removed = lines.filter((line) => line.startsWith("-")).length;
  const rest = lines.length - MOST_LINES;
  return html`<div class="diff">
    <p class="diff-head"><span class="diff-name">${name}</span><span class="added">+${added}</span><span class="removed">−${removed}</span></p>
    <pre tabindex="0">${lines.slice(0, MOST_LINES).map(renderLine)}</pre>
    ${rest > 0 ? html`<p class="more">${sessionWords().moreLines(rest)}</p>` : ""}
  </div>`;
}

function renderLine(line: string): TemplateResult {
  const sign = line[0] ?? " ";
  const kind = sign === "+" ? "added" : sign === "-" ? "removed" : sign === "@" ? "hunk" : "";
  return html`<span class="diff-line ${kind}">${line || " "}\n</span>`;
}

function linesOf(text: string): string[] {
  return ended(text).split("\n").slice(0, -1);
}

function ended(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}
