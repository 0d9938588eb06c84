import { describe, expect, it } from "vitest";
import { EMPTY_CONVERSATION } from "../../../src/features/sessions/conversation.ts";
import type { Entry } from "../../../src/features/sessions/entry.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { splitQueue } from "../../../src/features/sessions/queue.ts";
import { EntryWriter } from "./entries.ts";

function split(entries: (write: EntryWriter) => Entry[]): [string[], string[], string | undefined] {
  const { said, queued, blocker } = splitQueue(fold(EMPTY_CONVERSATION, entries(new EntryWriter())).turns);
  return [said.map(({ id }) => id), queued.map(({ id }) => id), blocker];
}

describe("the queue", () => {
  it("is what waits behind the running turn", () => {
    const waiting = split((write) => [
      write.said("first", "t1"),
      write.turn("started", "t1"),
      write.said("second", "t2"),
      write.said("third", "t3"),
    ]);
    expect(waiting).toEqual([["t1"], ["t2", "t3"], "running"]);
  });

  it("does not hold what is about to begin", () => {
    const beginning = split((write) => [
      write.said("first", "t1"),
      write.turn("started", "t1"),
      write.turn("completed", "t1"),
      write.said("second", "t2"),
      write.said("third", "t3"),
    ]);
    expect(beginning).toEqual([["t1", "t2"], ["t3"], undefined]);
  });

  it("goes on waiting behind the running turn when a message was withdrawn", () => {
    const waiting = split((write) => [
      write.said("first", "t1"),
      write.turn("started", "t1"),
      write.said("second", "t2"),
      write.said("third", "t3"),
      write.turn("cancelled", "t2"),
    ]);
    expect(waiting).toEqual([["t1", "t2"], ["t3"], "running"]);
  });

  it("waits for a decision behind an interrupted turn", () => {
    const stuck = split((write) => [
      write.said("first", "t1"),
      write.turn("started", "t1"),
      write.said("second", "t2"),
      write.turn("interrupted", "t1"),
    ]);
    expect(stuck).toEqual([["t1"], ["t2"], "interrupted"]);
  });
});
