import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { Check, Pencil, RotateCcw } from "lucide";
import { copyFrom } from "../../design/clipboard.ts";
import { icon } from "../../design/icon.ts";
import { renderProblem } from "../../design/problem_view.ts";
import { duration } from "../../design/times.ts";
import { renderTold } from "../../design/told_text.ts";
import { sentence, withCode } from "../../design/words.ts";
import { currentLanguage } from "../../language/language.ts";
import { problemText } from "../../language/problems.ts";
import {
  isOpen,
  type Part,
  type Text,
  type ToolCall,
  type Turn,
  textOf,
  type UserMessage,
} from "./conversation.ts";
import { pieceOf } from "./find.ts";
import { markdown } from "./markdown_view.ts";
import {
  renderChanges,
  renderProblemSteps,
  renderRetryAt,
  renderRetrying,
  renderWayToKey,
} from "./provider_view.ts";
import { renderSaid, type SaidPlace } from "./said_view.ts";
import { renderSummaries, renderSummarising } from "./summary_view.ts";
import { planOf } from "./tool_kinds.ts";
import { type Opened, renderFolded, renderPlan, renderTools, type Unfinished } from "./tool_view.ts";
import { sessionWords } from "./words.ts";

/** What can be done with a turn: run it again, cancel it, quote its answer, ask its message in other words. */
export type TurnStep = "retry" | "retryWithoutImages" | "cancel" | "quote" | "edit" | "switch";

/** What a turn needs to be shown. */
export interface TurnContext extends SaidPlace {
  readonly agent: string;
  /** Whether it is the last turn that began: only that can be retried. */
  readonly isLast: boolean;
  /** Whether others wait for it, although it has ended. */
  readonly isWaitedFor: boolean;
  readonly isBusy: boolean;
  /** Whether who answers has to get ready first, as a model that is read into memory. */
  readonly isPreparing: boolean;
  /** How many of its tools a person is asked to allow. */
  readonly asked: number;
  /** Whether it is where the part begins that was not read when the session was opened. */
  readonly isFirstUnread: boolean;
  /** Whether its message is the last one, so that it can be answered anew. */
  readonly mayAskAgain: boolean;
  /** `providerId` is the provider to switch to; without one the person is asked. */
  readonly ask: (step: TurnStep, providerId?: string) => void;
  readonly nameOf: (providerId: string) => string;
}

/** Show one message and everything it caused. */
export function renderTurn(turn: Turn, context: TurnContext): TemplateResult {
  const isAnswered = turn.parts.length > 0 || turn.status !== "queued";
  return html`
    <article class="turn" data-testid="turn" data-turn-id=${turn.id} data-status=${turn.status}>
      ${turn.message ? renderMessage(turn.message, context) : nothing}
      ${context.isFirstUnread ? html`<p class="new" data-testid="first-unread">${sessionWords().newFromHere}</p>` : nothing}
      ${isAnswered ? renderAnswer(turn, context) : renderQueued(context)}
      ${renderChanges(turn.changesAfter, context.nameOf)}
    </article>
  `;
}

/** The text of a turn's answer. */
export function answerOf(turn: Turn): string {
  const texts = turn.parts.filter((part): part is Text => part.kind === "message");
  return texts.map(textOf).join("\n\n");
}

/** A message stays as it is while its answer grows, token by token, and its time is slow to write. */
function renderMessage(message: UserMessage, context: TurnContext): unknown {
  const { now, isLive, isBusy } = context;
  return guard([message, now, isLive, isBusy, currentLanguage()], () =>
    renderSaid(message, context, { steps: renderSaidSteps(message.content, context) }),
  );
}

function renderSaidSteps(content: string, { isBusy, ask }: TurnContext): TemplateResult {
  const words = sessionWords();
  return html`${content ? renderCopy(content, words.copyMessage) : nothing}<button
      type="button"
      class="quiet"
      aria-label=${words.editMessage}
      title=${words.editTitle}
      data-testid="edit"
      ?disabled=${isBusy}
      @click=${() => ask("edit")}
    >
      ${words.edit}
    </button>`;
}

/** A turn with nothing ahead of it that has not begun: in a moment it has. */
function renderQueued({ isBusy, ask }: TurnContext): TemplateResult {
  const words = sessionWords();
  return html`<p class="end waits late">
    ${words.queued}
    <button type="button" class="quiet" data-testid="withdraw" ?disabled=${isBusy} @click=${() => ask("cancel")}>
      ${words.withdraw}
    </button>
  </p>`;
}

function renderAnswer(turn: Turn, context: TurnContext): TemplateResult {
  const plan = isOpen(turn) ? turn.parts.findLast(isPlan) : undefined;
  return html`
    <section class="answer">
      <header>
        <span class="name">${context.agent}</span>${turn.message ? nothing : html`<span class="note">${sessionWords().again}</span>`}
      </header>
      ${renderChanges(turn.changes, context.nameOf)}
      ${renderSummaries(turn.summaries, context)}
      ${turn.notes?.map((note) => html`<p class="end" data-testid="turn-note">${renderTold(note, "content", note.content)}</p>`)}
      ${partsOf(turn.parts.filter((part) => part !== plan)).map((part) => (Array.isArray(part) ? renderTools(part, standingIn(turn, context.asked), context.opened) : renderText(part as Text, turn, context)))}
      ${plan ? renderPlan(plan) : nothing}
      ${renderEnd(turn, context)}
    </section>
  `;
}

/** What the unfinished calls of a turn do: an agent asks about those that it called last. */
function standingIn(turn: Turn, asked: number): (tool: ToolCall) => Unfinished {
  if (!isOpen(turn)) return () => "notFinished";
  const unfinished = turn.parts.filter((part): part is ToolCall => part.kind === "tool" && !part.isFinished);
  const waiting = asked > 0 ? unfinished.slice(-asked) : [];
  return (tool) => (waiting.includes(tool) ? "waitsForAnswer" : "running");
}

function isPlan(part: Part): part is ToolCall {
  return part.kind === "tool" && planOf(part) !== undefined;
}

/** Texts as they are; tool calls that follow each other together. */
function partsOf(parts: readonly Part[]): (Text | ToolCall[])[] {
  const groups: (Text | ToolCall[])[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (part.kind !== "tool") groups.push(part);
    else if (Array.isArray(last)) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

function renderText(part: Text, turn: Turn, { type, opened }: TurnContext): TemplateResult {
  const isComplete = part.isComplete || !isOpen(turn);
  if (part.kind === "thinking") return renderThinking(part, isComplete, opened);
  return html`
    <div
      class="prose"
      data-testid="message"
      data-role="assistant"
      data-message-id=${part.id}
      data-piece=${pieceOf(part)}
      data-complete=${String(part.isComplete)}
      ${markdown(textOf(part), isComplete, type, { key: pieceOf(part), opened })}
    ></div>
  `;
}

function renderThinking(part: Text, isComplete: boolean, opened: Opened): TemplateResult {
  const words = sessionWords();
  const line = html`<span>${isComplete ? words.thought : words.thinking}</span>`;
  return renderFolded(
    pieceOf(part),
    "thinking",
    line,
    opened,
    () => html`<div class="words">${textOf(part)}</div>`,
  );
}

function renderEnd(turn: Turn, context: TurnContext): TemplateResult {
  const words = sessionWords();
  switch (turn.status) {
    case "queued":
    case "running":
      return renderRunning(turn, context);
    case "completed":
      return renderCompleted(turn, context);
    case "cancelled":
      return renderCancelled(turn, context);
    case "interrupted":
      return renderBreak(
        turn,
        context,
        "warning",
        html`<strong>${sentence(words.interrupted)}</strong> ${sentence(words.interruptedDetail)}`,
      );
    case "failed":
      return renderBreak(
        turn,
        context,
        "danger",
        turn.problem ? renderProblem(turn.problem) : html`<strong>${sentence(words.turnFailed)}</strong>`,
      );
  }
}

function renderRunning(turn: Turn, context: TurnContext): TemplateResult {
  const { agent, now, isLive, asked, isPreparing } = context;
  const words = sessionWords();
  if (!isLive) return html`<p class="end">${words.wasAnswering(agent)}</p>`;
  if (turn.retrying) return renderRetrying(turn.retrying, context);
  if (asked > 0) return html`<p class="end running asks"><span class="dot"></span>${words.asks}</p>`;
  const elapsed = turn.startedAt ? now - Date.parse(turn.startedAt) : 0;
  const waiting = isPreparing ? words.preparing(agent) : words.waitingFor(agent);
  const before = turn.summarising ? renderSummarising(turn.summarising) : waiting;
  const doing = turn.parts.length > 0 ? words.answering : before;
  return html`<p class="end running">
    <span class="dot"></span>${doing}${elapsed >= 1000 ? `, ${duration(Math.floor(elapsed / 1000) * 1000)}` : ""}
  </p>`;
}

function renderCompleted(turn: Turn, context: TurnContext): TemplateResult {
  const words = sessionWords();
  const facts = [
    turn.durationMs === undefined ? "" : duration(turn.durationMs),
    turn.usage ? words.tokens(turn.usage.outputTokens) : "",
  ].filter(Boolean);
  return html`<p class="end">
    <span>${facts.join(", ") || words.done}</span>
    <span class="acts">${renderAnswerSteps(answerOf(turn), context)}</span>
  </p>`;
}

function renderAnswerSteps(answer: string, { mayAskAgain, isBusy, ask }: TurnContext): TemplateResult {
  const words = sessionWords();
  const quote = html`${renderCopy(answer, words.copyAnswer)}<button type="button" class="quiet" data-testid="quote" @click=${() => ask("quote")}>${words.quote}</button>`;
  const again = html`<button type="button" class="quiet" title=${words.askAgainTitle} data-testid="ask-again" ?disabled=${isBusy} @click=${() => ask("retry")}>${words.askAgain}</button>`;
  return html`${answer ? quote : nothing}${mayAskAgain ? again : nothing}`;
}

function renderCopy(text: string, label: string): TemplateResult {
  const copy = (event: MouseEvent): void => void copyFrom(event.currentTarget as HTMLButtonElement, text);
  return html`<button type="button" class="quiet" aria-label=${label} @click=${copy}>${sessionWords().copy}</button>`;
}

function renderBreak(turn: Turn, context: TurnContext, tone: string, what: TemplateResult): TemplateResult {
  const kept = turn.parts.length > 0 && turn.status === "failed" ? ` ${sessionWords().keptUntilThen}` : "";
  const again = turn.problem ? ` ${renderRetryAt(turn.problem, context.now)}` : "";
  return html`
    <div class="break ${tone}" role="status" data-testid="turn-break">
      <p>${what}${again}${kept}</p>
      ${context.isLast ? renderSteps(turn, context) : nothing}
    </div>
  `;
}

function renderSteps(turn: Turn, context: TurnContext): TemplateResult {
  const { isBusy, isWaitedFor, ask } = context;
  const words = sessionWords();
  const dismiss = html`
    <button type="button" class="quiet" data-testid="dismiss" ?disabled=${isBusy} @click=${() => ask("cancel")}>
      ${icon(Check)}${words.leaveIt}
    </button>
  `;
  const retry = html`
    <button type="button" class="plain" data-testid="retry" ?disabled=${isBusy} @click=${() => ask("retry")}>
      ${icon(RotateCcw)}${words.retry}
    </button>
  `;
  const edit = html`
    <button type="button" class="plain" data-testid="edit-failed" ?disabled=${isBusy} @click=${() => ask("edit")}>
      ${icon(Pencil)}${words.editMessage}
    </button>
  `;
  const has = (wanted: string): boolean => turn.problem?.actions.some(({ id }) => id === wanted) ?? false;
  // The same words would fail again, whoever is asked; in a conversation that is too long, any words.
  const isWrong = turn.message !== undefined && has("edit_message");
  const again = has("new_session") ? nothing : retry;
  return html`<div class="steps">
    ${renderWayToKey(turn)}
    ${isWrong ? edit : again}
    ${turn.problem ? renderProblemSteps(turn.problem, context, turn.providerId) : nothing}
    ${turn.status === "interrupted" && isWaitedFor ? dismiss : nothing}
  </div>`;
}

function renderCancelled(turn: Turn, { isLast, isBusy, ask }: TurnContext): TemplateResult {
  const words = sessionWords();
  const retry = html`
    <button type="button" class="quiet" data-testid="retry" ?disabled=${isBusy} @click=${() => ask("retry")}>
      ${words.retry}
    </button>
  `;
  const why = turn.problem ? withCode(problemText(turn.problem)) : words.cancelled;
  return html`<p class="end">${why} ${turn.parts.length > 0 ? words.keptUntilThen : ""} ${isLast ? retry : nothing}</p>`;
}
