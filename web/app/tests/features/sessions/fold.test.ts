import { describe, expect, it } from "vitest";
import {
  type Conversation,
  EMPTY_CONVERSATION,
  runningTurn,
  type Text,
  type ToolCall,
  textOf,
} from "../../../src/features/sessions/conversation.ts";
import type { Entry } from "../../../src/features/sessions/entry.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { EntryWriter } from "./entries.ts";

function folded(...entries: Entry[]): Conversation {
  return fold(EMPTY_CONVERSATION, entries);
}

function answerOf(conversation: Conversation, turnId = "t1"): string {
  const parts = conversation.turns.find((turn) => turn.id === turnId)?.parts ?? [];
  return parts
    .filter((part): part is Text => part.kind === "message")
    .map(textOf)
    .join("|");
}

function answered(write: EntryWriter): Entry[] {
  return [
    write.said("hello"),
    write.turn("started", "t1", { providerId: "echo" }),
    write.delta(0, "one "),
    write.delta(1, "two "),
    write.delta(2, "three"),
    write.completed("one two three"),
    write.entry("usage.reported", { turnId: "t1", inputTokens: 4, outputTokens: 3 }),
    write.turn("completed", "t1", { durationMs: 120 }),
  ];
}

describe("a turn", () => {
  it("keeps what there is to know of it", () => {
    const write = new EntryWriter();
    const said = write.said("hello");
    const told = { content: "its beginning was left out", phrases: { content: { code: "model.cut" } } };
    const note = write.entry("note.added", { turnId: "t1", ...told });
    expect(folded(said, note).turns[0]?.notes).toEqual([told]);
  });

  it("is a message and everything it caused", () => {
    const { turns, clientTokens } = folded(...answered(new EntryWriter()));

    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({
      status: "completed",
      providerId: "echo",
      durationMs: 120,
      message: { content: "hello" },
      usage: { inputTokens: 4, outputTokens: 3 },
    });
    expect([...clientTokens]).toEqual(["token-t1"]);
  });

  it("waits, runs and ends, also when the next one is queued meanwhile", () => {
    const write = new EntryWriter();
    const queued = folded(write.said("first"), write.said("second", "t2"));
    expect(queued.turns.map((turn) => turn.status)).toEqual(["queued", "queued"]);

    const running = fold(queued, [write.turn("started"), write.delta(0, "a")]);
    expect(runningTurn(running)?.id).toBe("t1");
    expect(answerOf(running)).toBe("a");

    const problem = {
      title: "Rate limit",
      status: 429,
      detail: "Wait.",
      code: "PROVIDER_RATE_LIMIT",
      recoverable: true,
    };
    const failed = fold(running, [write.turn("failed", "t1", { problem })]);
    expect(failed.turns.map((turn) => turn.status)).toEqual(["failed", "queued"]);
    expect(failed.turns[0]?.problem).toMatchObject({ detail: "Wait.", code: "PROVIDER_RATE_LIMIT" });
  });

  it("forgets how it ended when it starts again", () => {
    const write = new EntryWriter();
    const failed = folded(
      write.said("x"),
      write.turn("started"),
      write.turn("failed", "t1", { problem: { title: "No" } }),
    );
    const again = fold(failed, [write.turn("started")]);

    expect(again.turns[0]?.status).toBe("running");
    expect(again.turns[0]?.problem).toBeUndefined();
  });

  it("runs ahead of all that wait when it is a retry, which has no message of its own", () => {
    const write = new EntryWriter();
    const cut = folded(
      write.said("x"),
      write.turn("started"),
      write.turn("interrupted"),
      write.said("waits", "t2"),
    );
    const again = fold(cut, [write.turn("started", "t3"), write.delta(0, "better", "t3")]);

    expect(again.turns.map((turn) => turn.id)).toEqual(["t1", "t3", "t2"]);
    expect(answerOf(again, "t3")).toBe("better");
    expect(fold(again, [write.turn("started", "t2")]).turns[2]).toMatchObject({
      id: "t2",
      status: "running",
    });
  });

  it("keeps what was written when it is interrupted", () => {
    const write = new EntryWriter();
    const cut = folded(
      write.said("x"),
      write.turn("started"),
      write.delta(0, "half an "),
      write.turn("interrupted"),
    );

    expect(cut.turns[0]?.status).toBe("interrupted");
    expect(answerOf(cut)).toBe("half an ");
  });
});

describe("deltas", () => {
  it("are taken once each", () => {
    const write = new EntryWriter();
    const deltas = [write.delta(0, "one "), write.delta(1, "two ")];

    expect(answerOf(folded(...deltas, ...deltas))).toBe("one two ");
  });

  it("find their place in any order", () => {
    const write = new EntryWriter();
    const [first, second, third] = [write.delta(0, "a"), write.delta(1, "b"), write.delta(2, "c")] as const;

    expect(answerOf(folded(third, first))).toBe("ac");
    expect(answerOf(folded(third, first, second))).toBe("abc");
    expect(answerOf(folded(third, third, second, first, second))).toBe("abc");
  });

  it("give way to the completed message, which later deltas do not change", () => {
    const write = new EntryWriter();
    const late = write.delta(1, "stale");
    const whole = folded(write.delta(0, "dra"), write.completed("the whole text"));

    expect(answerOf(whole)).toBe("the whole text");
    expect(answerOf(fold(whole, [late]))).toBe("the whole text");
  });

  it("end in the same text wherever a client resumed", () => {
    const write = new EntryWriter();
    const entries = answered(write);
    for (let from = 0; from <= entries.length; from += 1) {
      const before = fold(EMPTY_CONVERSATION, entries.slice(0, from));
      const durable = entries.filter(({ kind }) => !kind.endsWith(".delta"));
      const overlapping = fold(before, entries.slice(Math.max(0, from - 2)));
      const trimmed = fold(
        before,
        durable.filter((entry) => entry.offset > before.cursor),
      );

      expect(answerOf(overlapping)).toBe("one two three");
      expect(answerOf(trimmed)).toBe("one two three");
      expect(trimmed.turns[0]?.status).toBe("completed");
    }
  });

  it("of thinking stay apart from the answer", () => {
    const write = new EntryWriter();
    const { turns } = folded(
      write.delta(0, "hm", "t1", "thinking"),
      write.completed("hmm", "t1", "thinking"),
      write.delta(0, "yes"),
    );

    expect(turns[0]?.parts.map((part) => [part.kind, textOf(part as Text)])).toEqual([
      ["thinking", "hmm"],
      ["message", "yes"],
    ]);
  });
});

describe("tool calls", () => {
  it("keep their arguments while their status changes", () => {
    const write = new EntryWriter();
    const call = { toolCallId: "c1", turnId: "t1", name: "read_file" };
    const { turns } = folded(
      write.entry("tool.called", { ...call, arguments: { path: "a.md" }, status: "running" }),
      write.entry("tool.updated", { ...call, output: "par", status: "running" }),
      write.entry("tool.finished", { ...call, output: "part and rest", status: "completed", durationMs: 7 }),
    );

    expect(turns[0]?.parts).toHaveLength(1);
    expect(turns[0]?.parts[0] as ToolCall).toMatchObject({
      arguments: { path: "a.md" },
      output: "part and rest",
      isFinished: true,
      durationMs: 7,
    });
  });
});

describe("a conversation", () => {
  it("passes over what it does not know and takes no durable entry twice", () => {
    const write = new EntryWriter();
    const entries = [write.said("x"), write.turn("started"), write.turn("completed")];
    const known = folded(...entries, write.entry("weather.changed", { rain: true }));

    expect(fold(known, entries).turns[0]?.status).toBe("completed");
    expect(fold(known, entries)).toBe(known);
  });

  it("shares what did not change with the one before", () => {
    const write = new EntryWriter();
    const before = folded(write.said("first"), write.said("second", "t2"));
    const after = fold(before, [write.delta(0, "x", "t2")]);

    expect(after.turns[0]).toBe(before.turns[0]);
    expect(after.turns[1]).not.toBe(before.turns[1]);
    expect(before.turns[1]?.parts).toEqual([]);
  });

  it("learns its title, its stop and its end", () => {
    const write = new EntryWriter();
    const conversation = folded(
      write.entry("session.renamed", { title: "Shelf", by: "ann" }),
      write.entry("session.stopped", { by: "ann" }),
      write.entry("session.deleted", { by: "ann" }),
    );

    expect(conversation).toMatchObject({ title: "Shelf", isStopped: true, isDeleted: true });
  });
});
