import { html, nothing, type TemplateResult } from "lit";
import { Check, ChevronRight, Circle, CircleDot } from "lucide";
import { icon } from "../../design/icon.ts";
import { duration } from "../../design/times.ts";
import type { ToolCall } from "./conversation.ts";
import { diffOf, isPatch, readPatch, renderDiff, renderDiffOf } from "./diff_view.ts";
import { pieceOf } from "./find.ts";
import { readJson, renderJson } from "./json_tree.ts";
import { commandOf, hasFailed, kindOf, objectOf, type PlanStep, planOf, wordsOf } from "./tool_kinds.ts";
import { sessionWords } from "./words.ts";

/** Which of the things that fold are open. */
export interface Opened {
  readonly has: (key: string) => boolean;
  /** What is open only as long as a match in it is looked at. */
  readonly sought?: string | undefined;
  readonly toggle: (key: string) => void;
}

/** What a call that has not ended does: it runs, a person has to allow it first, or its turn ended without it. */
export type Unfinished = "running" | "waitsForAnswer" | "notFinished";

type Standing = (tool: ToolCall) => Unfinished;

/** Show tool calls that follow each other: those of one kind share a line. `standing` is asked of unfinished ones. */
export function renderTools(tools: readonly ToolCall[], standing: Standing, opened: Opened): TemplateResult {
  return html`${runsOf(tools).map((run) => (run.length > 1 ? renderRun(run, standing, opened) : run.map((tool) => renderTool(tool, standing, opened))))}`;
}

/** A line that opens: what it says, and what is below it once it is open. */
export function renderFolded(
  key: string,
  testId: string,
  line: unknown,
  opened: Opened,
  detail: () => unknown,
  holdsSought = false,
): TemplateResult {
  const isOpen = opened.has(key) || opened.sought === key || holdsSought;
  const toggle = (event: Event): void => {
    event.preventDefault();
    opened.toggle(key);
  };
  return html`<details class="aside" data-testid=${testId} ?open=${isOpen}>
    <summary @click=${toggle}>${icon(ChevronRight)}${line}</summary>
    ${isOpen ? html`<div class="detail" data-piece=${key}>${detail()}</div>` : nothing}
  </details>`;
}

function renderRun(run: readonly ToolCall[], standing: Standing, opened: Opened): TemplateResult {
  const [first] = run;
  if (!first) return html``;
  const failed = run.filter(hasFailed).length;
  const time = run.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
  const line = html`<span class="verb">${wordsOf(kindOf(first)).several(run.length)}</span>${renderMeta(
    [time > 0 ? duration(time) : ""],
    failed > 0 ? sessionWords().failedOf(failed) : "",
  )}`;
  const holdsSought = run.some((tool) => pieceOf(tool) === opened.sought);
  const detail = (): unknown => run.map((tool) => renderTool(tool, standing, opened));
  return renderFolded(`run-${first.id}`, "tool-run", line, opened, detail, holdsSought);
}

function renderTool(tool: ToolCall, standing: Standing, opened: Opened): TemplateResult {
  const steps = planOf(tool);
  if (steps) return renderOldPlan(steps, tool, opened);
  const words = sessionWords();
  const kind = kindOf(tool);
  const { done, now } = wordsOf(kind);
  const state = tool.isFinished ? "" : words[standing(tool)];
  const line = html`<span class="verb">${tool.isFinished ? done : now}</span
    >${kind === "other" ? html`<span class="tool-name">${tool.name}</span>` : nothing}<span class="tool-object">${objectOf(tool)}</span
    >${renderMeta([state, tool.durationMs === undefined ? "" : duration(tool.durationMs)], hasFailed(tool) ? words.failed : "")}`;
  return renderFolded(pieceOf(tool), "tool-call", line, opened, () => renderDetail(tool));
}

function renderMeta(facts: readonly string[], failure: string): TemplateResult {
  return html`<span class="meta">${facts.filter(Boolean).join(", ")}${failure ? html` <span class="danger">${failure}</span>` : nothing}</span>`;
}

/** Show the plan that is worked on. */
export function renderPlan(tool: ToolCall): TemplateResult {
  const steps = planOf(tool) ?? [];
  return html`<section class="plan" data-testid="plan" data-piece=${pieceOf(tool)}>
    <p class="plan-head">${renderPlanLine(steps)}</p>
    ${renderSteps(steps)}
  </section>`;
}

/** A plan that nobody works on any more: another replaced it, or its turn is over. */
function renderOldPlan(steps: readonly PlanStep[], tool: ToolCall, opened: Opened): TemplateResult {
  const left = steps.map(
    (step): PlanStep => (step.status === "done" ? step : { ...step, status: "pending" }),
  );
  const detail = (): TemplateResult => html`<div class="plan">${renderSteps(left)}</div>`;
  return renderFolded(pieceOf(tool), "plan-line", renderPlanLine(steps), opened, detail);
}

function renderPlanLine(steps: readonly PlanStep[]): TemplateResult {
  const words = sessionWords();
  const done = steps.filter(({ status }) => status === "done").length;
  return html`<span class="verb">${words.plan}</span><span class="meta">${words.planDone(done, steps.length)}</span>`;
}

function renderSteps(steps: readonly PlanStep[]): TemplateResult {
  return html`<ul role="list">${steps.map(renderStep)}</ul>`;
}

function renderStep({ words: what, status }: PlanStep): TemplateResult {
  const words = sessionWords();
  const { mark, name } = {
    done: { mark: Check, name: words.stepDone },
    running: { mark: CircleDot, name: words.stepRunning },
    pending: { mark: Circle, name: words.stepPending },
  }[status];
  return html`<li class=${status}>${icon(mark)}<span class="visually-hidden">${name}: </span><span>${what}</span></li>`;
}

function renderDetail(tool: ToolCall): TemplateResult {
  const command = commandOf(tool);
  if (command !== undefined) return renderCommand(command, tool);
  const diff = diffOf(tool);
  if (diff) return html`${renderDiffOf(diff)}${hasFailed(tool) ? renderOutput(tool.output) : nothing}`;
  return html`${renderInput(tool.arguments)}${renderOutput(tool.output)}`;
}

function renderCommand(command: string, { output }: ToolCall): TemplateResult {
  const said = output === undefined ? "" : plain(asText(output)).trimEnd();
  return html`<pre class="terminal" tabindex="0"><span class="prompt">$ </span><span class="command">${command}</span>${said ? `\n${said}` : ""}</pre>`;
}

function renderInput(input: unknown): unknown {
  if (input === undefined || (typeof input === "object" && input !== null && Object.keys(input).length === 0))
    return nothing;
  const shown = typeof input === "string" ? html`<pre tabindex="0">${input}</pre>` : renderJson(input);
  return html`<h3>${sessionWords().arguments}</h3>${shown}`;
}

function renderOutput(output: unknown): unknown {
  if (output === undefined || output === "") return nothing;
  return html`<h3>${sessionWords().output}</h3>${renderOutputText(output)}`;
}

function renderOutputText(output: unknown): TemplateResult {
  const text = asText(output);
  const value = typeof output === "string" ? readJson(output) : output;
  if (value !== undefined && typeof value === "object") return renderJson(value);
  if (isPatch(text)) return renderDiff(readPatch(text));
  return html`<pre tabindex="0">${plain(text)}</pre>`;
}

/** Calls that follow each other and are of one kind; one that is not done yet, or sets a plan, stands alone. */
function runsOf(tools: readonly ToolCall[]): ToolCall[][] {
  const runs: ToolCall[][] = [];
  for (const tool of tools) {
    const run = runs.at(-1);
    if (run?.[0] && mayJoin(run[0], tool)) run.push(tool);
    else runs.push([tool]);
  }
  return runs;
}

function mayJoin(first: ToolCall, next: ToolCall): boolean {
  return (
    first.isFinished && next.isFinished && kindOf(first) === kindOf(next) && !planOf(first) && !planOf(next)
  );
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what terminals are steered with
const TERMINAL_CODES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** A text without what steers terminals. */
function plain(text: string): string {
  return text.replace(TERMINAL_CODES, "");
}
