import { html, nothing, type TemplateResult } from "lit";
import { Check, ChevronRight, RotateCcw, Wrench } from "lucide";
import { copyFrom } from "../../design/clipboard.ts";
import { icon } from "../../design/icon.ts";
import { duration, fullTime, shortTime } from "../../design/times.ts";
import { sentence, withCode } from "../../design/words.ts";
import { isOpen, type Text, type ToolCall, type Turn, textOf, type UserMessage } from "./conversation.ts";
import { markdown } from "./markdown_view.ts";

/** What a turn needs to be shown. */
export interface TurnContext {
  readonly agent: string;
  readonly now: number;
  /** Whether it is the last turn that began: only that can be retried. */
  readonly isLast: boolean;
  /** Whether others wait for it, although it has ended. */
  readonly isWaitedFor: boolean;
  readonly isBusy: boolean;
  /** Whether the hub can be heard: else what a running turn does is not known. */
  readonly isLive: boolean;
  /** What a queued turn waits behind. */
  readonly waitsFor: "running" | "interrupted" | undefined;
  readonly ask: (step: "retry" | "cancel") => void;
}

/** Show one message and everything it caused. */
export function renderTurn(turn: Turn, context: TurnContext): TemplateResult {
  const isAnswered = turn.parts.length > 0 || turn.status !== "queued";
  return html`
    <article class="turn" data-testid="turn" data-turn-id=${turn.id} data-status=${turn.status}>
      ${turn.message ? renderSaid(turn.message, context.now) : nothing}
      ${isAnswered ? renderAnswer(turn, context) : renderQueued(context)}
    </article>
  `;
}

function renderQueued({ waitsFor, isBusy, ask }: TurnContext): TemplateResult {
  return html`<p class="end waits">
    ${waitsFor ? `Queued behind the ${waitsFor} turn` : "Queued"}
    <button type="button" class="quiet" data-testid="withdraw" ?disabled=${isBusy} @click=${() => ask("cancel")}>
      Withdraw
    </button>
  </p>`;
}

/** Show what a person wrote, as they wrote it. */
export function renderSaid(
  message: Pick<UserMessage, "content" | "at">,
  now: number,
  note?: unknown,
): TemplateResult {
  return html`
    <section class="said" data-testid="message" data-role="user">
      <header>
        <span class="name">You</span>
        ${message.at ? html`<time datetime=${message.at} title=${fullTime(message.at)}>${shortTime(message.at, now)}</time>` : nothing}
      </header>
      <div class="words">${message.content}</div>
      ${note ?? nothing}
    </section>
  `;
}

function renderAnswer(turn: Turn, context: TurnContext): TemplateResult {
  return html`
    <section class="answer">
      <header>
        <span class="name">${context.agent}</span>${turn.message ? nothing : html`<span class="note">again</span>`}
      </header>
      ${turn.parts.map((part) => (part.kind === "tool" ? renderTool(part, turn) : renderText(part, turn)))}
      ${renderEnd(turn, context)}
    </section>
  `;
}

function renderText(part: Text, turn: Turn): TemplateResult {
  const isComplete = part.isComplete || !isOpen(turn);
  if (part.kind === "thinking") return renderThinking(part, isComplete);
  return html`
    <div
      class="prose"
      data-testid="message"
      data-role="assistant"
      data-message-id=${part.id}
      data-complete=${String(part.isComplete)}
      ${markdown(textOf(part), isComplete)}
    ></div>
  `;
}

function renderThinking(part: Text, isComplete: boolean): TemplateResult {
  return html`
    <details class="aside" data-testid="thinking">
      <summary>${icon(ChevronRight)}<span>${isComplete ? "Thought" : "Thinking"}</span></summary>
      <div class="words">${textOf(part)}</div>
    </details>
  `;
}

function renderTool(tool: ToolCall, turn: Turn): TemplateResult {
  const state = tool.isFinished ? "" : isOpen(turn) ? tool.status || "running" : "not finished";
  const hasFailed = tool.isFinished && /fail|error|cancel|reject|denied/i.test(tool.status);
  return html`
    <details class="aside tool" data-testid="tool-call" data-status=${tool.status}>
      <summary>
        ${icon(Wrench)}<span class="tool-name">${tool.name}</span>
        <span class="tool-input">${oneLine(tool.arguments)}</span>
        <span class=${hasFailed ? "danger" : ""}>
          ${[hasFailed ? tool.status : state, tool.durationMs === undefined ? "" : duration(tool.durationMs)].filter(Boolean).join(", ")}
        </span>
      </summary>
      ${tool.arguments === undefined ? nothing : html`<h3>Arguments</h3><pre tabindex="0">${readable(tool.arguments)}</pre>`}
      ${tool.output === undefined ? nothing : html`<h3>Output</h3><pre tabindex="0">${readable(tool.output)}</pre>`}
    </details>
  `;
}

function renderEnd(turn: Turn, context: TurnContext): TemplateResult {
  switch (turn.status) {
    case "queued":
    case "running":
      return renderRunning(turn, context);
    case "completed":
      return renderCompleted(turn);
    case "cancelled":
      return renderCancelled(turn, context);
    case "interrupted":
      return renderBreak(
        turn,
        context,
        "warning",
        "Interrupted",
        "The hub stopped during this answer. What was written is kept.",
      );
    case "failed":
      return renderBreak(
        turn,
        context,
        "danger",
        turn.problem?.title ?? "Failed",
        turn.problem?.detail ?? "",
      );
  }
}

function renderRunning(turn: Turn, { agent, now, isLive }: TurnContext): TemplateResult {
  if (!isLive) return html`<p class="end">${agent} was answering when the connection broke.</p>`;
  const elapsed = turn.startedAt ? now - Date.parse(turn.startedAt) : 0;
  const words = turn.parts.length > 0 ? "Answering" : `Waiting for ${agent}`;
  return html`<p class="end running">
    <span class="dot"></span>${words}${elapsed >= 1000 ? `, ${Math.floor(elapsed / 1000)} s` : ""}
  </p>`;
}

function renderCompleted(turn: Turn): TemplateResult {
  const facts = [
    turn.durationMs === undefined ? "" : duration(turn.durationMs),
    turn.usage ? tokens(turn.usage.outputTokens) : "",
  ].filter(Boolean);
  const answer = turn.parts
    .filter((part): part is Text => part.kind === "message")
    .map(textOf)
    .join("\n\n");
  const copy = (event: MouseEvent): void => void copyFrom(event.currentTarget as HTMLButtonElement, answer);
  return html`<p class="end">
    <span>${facts.join(", ") || "Done"}</span>
    ${answer ? html`<button type="button" class="quiet" aria-label="Copy the answer" @click=${copy}>Copy</button>` : nothing}
  </p>`;
}

function renderBreak(
  turn: Turn,
  context: TurnContext,
  tone: string,
  title: string,
  detail: string,
): TemplateResult {
  return html`
    <div class="break ${tone}" role="status" data-testid="turn-break">
      <p><strong>${sentence(title)}</strong> ${withCode(sentence(detail))}</p>
      ${context.isLast ? renderSteps(turn, context) : nothing}
    </div>
  `;
}

function renderSteps(turn: Turn, { isBusy, isWaitedFor, ask }: TurnContext): TemplateResult {
  const dismiss = html`
    <button type="button" class="quiet" data-testid="dismiss" ?disabled=${isBusy} @click=${() => ask("cancel")}>
      ${icon(Check)}Leave it
    </button>
  `;
  return html`<div class="steps">
    <button type="button" class="plain" data-testid="retry" ?disabled=${isBusy} @click=${() => ask("retry")}>
      ${icon(RotateCcw)}Retry
    </button>
    ${turn.status === "interrupted" && isWaitedFor ? dismiss : nothing}
  </div>`;
}

function renderCancelled(turn: Turn, { isLast, isBusy, ask }: TurnContext): TemplateResult {
  const retry = html`
    <button type="button" class="quiet" data-testid="retry" ?disabled=${isBusy} @click=${() => ask("retry")}>
      Retry
    </button>
  `;
  const kept = turn.parts.length > 0 ? " What was written until then is kept." : "";
  return html`<p class="end">Cancelled.${kept} ${isLast ? retry : nothing}</p>`;
}

function tokens(count: number): string {
  return count === 1 ? "1 token" : `${count.toLocaleString()} tokens`;
}

function oneLine(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function readable(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
