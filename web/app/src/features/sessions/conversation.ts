import { type Offset, ZERO_REVISION } from "@atrium/state-sync";
import type { Attachment } from "../../api/attachments.ts";
import type { Phrases, Problem } from "../../api/problem.ts";
import type { TurnStatus } from "../../api/sessions.ts";

/** A text that arrives in numbered pieces, until its completed form replaces them. */
export interface Text {
  readonly kind: "message" | "thinking";
  readonly id: string;
  readonly content: string;
  readonly isComplete: boolean;
  /** The index of the next piece that continues `content`. */
  readonly nextIndex: number;
  /** Pieces behind a hole: their index and text. */
  readonly ahead: ReadonlyMap<number, string>;
  /** Where its completed form stands in the stream. */
  readonly offset?: Offset;
}

/** A tool call and what came of it. */
export interface ToolCall {
  readonly kind: "tool";
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly isFinished: boolean;
  readonly arguments?: unknown;
  readonly output?: unknown;
  readonly durationMs?: number;
}

export type Part = Text | ToolCall;

/** What a person wrote. */
export interface UserMessage {
  readonly id: string;
  readonly content: string;
  readonly attachments?: readonly Attachment[];
  readonly at: string;
  /** Where it stands in the stream. */
  readonly offset: Offset;
}

/** What a turn used. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A provider that has failed before it said anything, and when it is asked again. */
export interface Retrying {
  readonly providerId: string;
  readonly at: string;
  readonly problem: Problem;
}

/** Another provider answers from here on. Of the `messages` so far it can read the last `kept`. */
export interface ProviderChange {
  readonly providerId: string;
  readonly before: string;
  readonly problem?: Problem;
  readonly messages: number;
  readonly kept: number;
}

/** A summary of the first `messages` of the conversation; the very first `leftOut` of them were too far back for it. */
export interface Summary {
  readonly offset: Offset;
  readonly writerId: string;
  readonly readerId: string;
  readonly messages: number;
  readonly leftOut: number;
  readonly content: string;
}

/** One message and everything it caused. */
export interface Turn {
  readonly id: string;
  readonly status: TurnStatus;
  readonly parts: readonly Part[];
  readonly providerId?: string;
  readonly message?: UserMessage;
  readonly startedAt?: string;
  readonly durationMs?: number;
  readonly problem?: Problem;
  readonly usage?: Usage;
  readonly retrying?: Retrying;
  /** The part of the earlier conversation that is being summarised before anybody answers. */
  readonly summarising?: { readonly part: number; readonly parts: number };
  readonly summaries?: readonly Summary[];
  /** What there is to know of how it runs, such as that the model was not sent the whole conversation. */
  readonly notes?: readonly Note[];
  /** The changes of the provider that it went on with, and those after it. */
  readonly changes?: readonly ProviderChange[];
  readonly changesAfter?: readonly ProviderChange[];
}

/** Something to know of how a turn runs, in English. */
export interface Note {
  readonly content: string;
  readonly phrases?: Phrases;
}

/** A session's history, folded from its stream. */
export interface Conversation {
  readonly turns: readonly Turn[];
  /** The offset of the last durable entry in it. */
  readonly cursor: Offset;
  /** The tokens of the messages in it: what has one here need not be sent again. */
  readonly clientTokens: ReadonlySet<string>;
  readonly title?: string;
  readonly isStopped: boolean;
  readonly isDeleted: boolean;
}

/** A conversation before its first entry. */
export const EMPTY_CONVERSATION: Conversation = {
  turns: [],
  cursor: ZERO_REVISION,
  clientTokens: new Set(),
  isStopped: false,
  isDeleted: false,
};

/** The text of a part as far as it is known, holes closed up. */
export function textOf(part: Text): string {
  if (part.ahead.size === 0) return part.content;
  const ahead = [...part.ahead].sort(([a], [b]) => a - b).map(([, content]) => content);
  return part.content + ahead.join("");
}

/** Whether the turn may still say something. */
export function isOpen(turn: Turn): boolean {
  return turn.status === "queued" || turn.status === "running";
}

/** The turn that runs now, if any. */
export function runningTurn(conversation: Conversation): Turn | undefined {
  return conversation.turns.find((turn) => turn.status === "running");
}
