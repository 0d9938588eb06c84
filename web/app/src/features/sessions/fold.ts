import { compareRevisions } from "@atrium/state-sync";
import { readAttachments } from "../../api/attachments.ts";
import { isRecord, readProblem } from "../../api/problem.ts";
import type { TurnStatus } from "../../api/sessions.ts";
import type { Conversation, Part, ProviderChange, Summary, Text, ToolCall, Turn } from "./conversation.ts";
import { type Entry, isHint } from "./entry.ts";

type Fold = (draft: Draft, entry: Entry) => void;

const FOLDS: Readonly<Record<string, Fold>> = {
  "message.added": addMessage,
  "message.delta": addDelta,
  "message.completed": completeText,
  "thinking.delta": addDelta,
  "thinking.completed": completeText,
  "turn.started": startTurn,
  "turn.completed": (draft, entry) => endTurn(draft, entry, "completed"),
  "turn.failed": (draft, entry) => endTurn(draft, entry, "failed"),
  "turn.cancelled": (draft, entry) => endTurn(draft, entry, "cancelled"),
  "turn.interrupted": (draft, entry) => endTurn(draft, entry, "interrupted"),
  "tool.called": putTool,
  "tool.updated": putTool,
  "tool.finished": putTool,
  "usage.reported": reportUsage,
  "note.added": addNote,
  "conversation.summarising": beginSummary,
  "conversation.summarised": addSummary,
  "provider.retrying": retryProvider,
  "provider.changed": changeProvider,
  "session.renamed": (draft, entry) => draft.set({ title: text(entry.data.title) }),
  "session.stopped": (draft) => draft.set({ isStopped: true }),
  "session.deleted": (draft) => draft.set({ isDeleted: true }),
};

/**
 * Fold entries, in stream order, into a conversation; the given one is not changed.
 *
 * Entries that were folded before change nothing, so a replay may overlap what is known. Unknown entries are passed over.
 */
export function fold(conversation: Conversation, entries: readonly Entry[]): Conversation {
  const draft = new Draft(conversation);
  for (const entry of entries) {
    if (draft.accepts(entry)) FOLDS[entry.kind]?.(draft, entry);
  }
  return draft.finish();
}

/** Copies what it changes, once per fold, so that everything untouched keeps its identity. */
class Draft {
  #conversation: Conversation;
  #turns: Turn[] | undefined;
  #tokens: Set<string> | undefined;
  #places: Map<string, number> | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Move the cursor over a durable entry; refuse one that was folded before. */
  accepts(entry: Entry): boolean {
    if (isHint(entry)) return true;
    if (compareRevisions(entry.offset, this.#conversation.cursor) <= 0) return false;
    this.set({ cursor: entry.offset });
    return true;
  }

  set(change: Partial<Conversation>): void {
    this.#conversation = { ...this.#conversation, ...change };
  }

  turn(id: string): Turn | undefined {
    const place = this.#place(id);
    return place === undefined ? undefined : (this.#turns ?? this.#conversation.turns)[place];
  }

  putTurn(turn: Turn): void {
    this.#turns ??= [...this.#conversation.turns];
    const place = this.#place(turn.id);
    if (place === undefined) this.#addTurn(turn, this.#turns);
    else this.#turns[place] = turn;
  }

  /** A turn that is retried has no message of its own and runs ahead of all that wait. */
  #addTurn(turn: Turn, turns: Turn[]): void {
    const waiting = turn.message ? -1 : turns.findIndex((known) => known.status === "queued");
    if (waiting < 0) {
      this.#places?.set(turn.id, turns.push(turn) - 1);
    } else {
      turns.splice(waiting, 0, turn);
      this.#places = undefined;
    }
  }

  lastStarted(): Turn | undefined {
    return (this.#turns ?? this.#conversation.turns).findLast(({ status }) => status !== "queued");
  }

  addToken(token: string): void {
    this.#tokens ??= new Set(this.#conversation.clientTokens);
    this.#tokens.add(token);
  }

  finish(): Conversation {
    if (this.#turns) this.set({ turns: this.#turns });
    if (this.#tokens) this.set({ clientTokens: this.#tokens });
    return this.#conversation;
  }

  #place(id: string): number | undefined {
    const turns = this.#turns ?? this.#conversation.turns;
    const last = turns.length - 1;
    if (turns[last]?.id === id) return last;
    this.#places ??= new Map(turns.map((turn, place) => [turn.id, place]));
    return this.#places.get(id);
  }
}

function addMessage(draft: Draft, entry: Entry): void {
  const id = text(entry.data.messageId);
  const turn = turnOf(draft, entry);
  if (turn.message) return;
  const attachments = readAttachments(entry.data.attachments);
  draft.putTurn({
    ...turn,
    message: {
      id,
      content: text(entry.data.content),
      ...(attachments.length > 0 && { attachments }),
      at: entry.time,
      offset: entry.offset,
    },
  });
  const token = text(entry.data.clientToken);
  if (token) draft.addToken(token);
}

function startTurn(draft: Draft, entry: Entry): void {
  const {
    problem: _problem,
    durationMs: _duration,
    usage: _usage,
    ...turn
  } = withoutWaiting(turnOf(draft, entry));
  const providerId = text(entry.data.providerId);
  draft.putTurn({ ...turn, status: "running", startedAt: entry.time, ...(providerId && { providerId }) });
}

function endTurn(draft: Draft, entry: Entry, status: TurnStatus): void {
  const durationMs = numberOf(entry.data.durationMs);
  const problem = entry.data.problem;
  draft.putTurn({
    ...withoutWaiting(turnOf(draft, entry)),
    status,
    ...(durationMs !== undefined && { durationMs }),
    ...(isRecord(problem) && { problem: readProblem(problem) }),
  });
}

function addDelta(draft: Draft, entry: Entry): void {
  const turn = turnOf(draft, entry);
  const part = textPart(turn, entry);
  const index = numberOf(entry.data.index);
  if (part.isComplete || index === undefined || index < part.nextIndex || part.ahead.has(index)) return;
  putPart(draft, turn, withPiece(part, index, text(entry.data.content)));
}

function completeText(draft: Draft, entry: Entry): void {
  const turn = turnOf(draft, entry);
  const part = textPart(turn, entry);
  putPart(draft, turn, {
    ...part,
    content: text(entry.data.content),
    isComplete: true,
    ahead: NOTHING_AHEAD,
    offset: entry.offset,
  });
}

function putTool(draft: Draft, entry: Entry): void {
  const turn = turnOf(draft, entry);
  const { toolCallId, name, arguments: input, output, status } = entry.data;
  const durationMs = numberOf(entry.data.durationMs);
  const id = text(toolCallId);
  const known = turn.parts.find((part): part is ToolCall => part.kind === "tool" && part.id === id);
  if (known?.isFinished && entry.kind !== "tool.finished") return;
  putPart(draft, turn, {
    ...known,
    kind: "tool",
    id,
    name: text(name) || known?.name || "tool",
    status: text(status) || known?.status || "",
    isFinished: entry.kind === "tool.finished",
    ...(present(input) && { arguments: input }),
    ...(present(output) && { output }),
    ...(durationMs !== undefined && { durationMs }),
  });
}

function reportUsage(draft: Draft, entry: Entry): void {
  const inputTokens = numberOf(entry.data.inputTokens) ?? 0;
  const outputTokens = numberOf(entry.data.outputTokens) ?? 0;
  draft.putTurn({ ...turnOf(draft, entry), usage: { inputTokens, outputTokens } });
}

function addNote(draft: Draft, entry: Entry): void {
  const { summarising: _summarising, ...turn } = turnOf(draft, entry);
  const { content, phrases } = entry.data;
  const note = { content: text(content), ...(isRecord(phrases) && { phrases }) };
  draft.putTurn({ ...turn, notes: [...(turn.notes ?? []), note] });
}

function beginSummary(draft: Draft, entry: Entry): void {
  const summarising = { part: numberOf(entry.data.part) ?? 1, parts: numberOf(entry.data.parts) ?? 1 };
  draft.putTurn({ ...turnOf(draft, entry), summarising });
}

function addSummary(draft: Draft, entry: Entry): void {
  const { providerId, readerId, messages, leftOut, content } = entry.data;
  const summary: Summary = {
    offset: entry.offset,
    writerId: text(providerId),
    readerId: text(readerId),
    messages: numberOf(messages) ?? 0,
    leftOut: numberOf(leftOut) ?? 0,
    content: text(content),
  };
  const turn = withoutWaiting(turnOf(draft, entry));
  draft.putTurn({ ...turn, summaries: [...(turn.summaries ?? []), summary] });
}

function retryProvider(draft: Draft, entry: Entry): void {
  const { providerId, retryAt, problem } = entry.data;
  const retrying = { providerId: text(providerId), at: text(retryAt), problem: readProblem(problem) };
  draft.putTurn({ ...turnOf(draft, entry), retrying });
}

/** It is told where the turn is that goes on with the other one, else behind the last one that was said. */
function changeProvider(draft: Draft, entry: Entry): void {
  const { turnId, providerId, before, problem } = entry.data;
  const change: ProviderChange = {
    providerId: text(providerId),
    before: text(before),
    messages: numberOf(entry.data.messages) ?? 0,
    kept: numberOf(entry.data.kept) ?? 0,
    ...(isRecord(problem) && { problem: readProblem(problem) }),
  };
  if (text(turnId)) {
    const turn = withoutWaiting(turnOf(draft, entry));
    const changes = [...(turn.changes ?? []), change];
    draft.putTurn({ ...turn, providerId: change.providerId, changes });
  } else {
    const last = draft.lastStarted();
    if (last) draft.putTurn({ ...last, changesAfter: [...(last.changesAfter ?? []), change] });
  }
}

function withoutWaiting({ retrying: _retrying, summarising: _summarising, ...turn }: Turn): Turn {
  return turn;
}

function turnOf(draft: Draft, entry: Entry): Turn {
  const id = text(entry.data.turnId);
  return draft.turn(id) ?? { id, status: "queued", parts: [] };
}

const NOTHING_AHEAD: ReadonlyMap<number, string> = new Map();

function textPart(turn: Turn, entry: Entry): Text {
  const kind = entry.kind.startsWith("thinking") ? "thinking" : "message";
  const id = text(entry.data.messageId);
  const known = turn.parts.find((part): part is Text => part.kind === kind && part.id === id);
  return known ?? { kind, id, content: "", isComplete: false, nextIndex: 0, ahead: NOTHING_AHEAD };
}

function withPiece(part: Text, index: number, piece: string): Text {
  if (index !== part.nextIndex) return { ...part, ahead: new Map(part.ahead).set(index, piece) };
  let content = part.content + piece;
  let nextIndex = index + 1;
  if (part.ahead.size === 0) return { ...part, content, nextIndex };
  const ahead = new Map(part.ahead);
  for (let next = ahead.get(nextIndex); next !== undefined; next = ahead.get(nextIndex)) {
    content += next;
    ahead.delete(nextIndex++);
  }
  return { ...part, content, nextIndex, ahead };
}

function putPart(draft: Draft, turn: Turn, part: Part): void {
  const place = turn.parts.findIndex((known) => known.kind === part.kind && known.id === part.id);
  const parts = place < 0 ? [...turn.parts, part] : turn.parts.with(place, part);
  draft.putTurn({ ...(turn.retrying || turn.summarising ? withoutWaiting(turn) : turn), parts });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
