import { describe, expect, it } from "vitest";
import { Announcer } from "../../../src/features/sessions/announcer.ts";
import { EMPTY_CONVERSATION } from "../../../src/features/sessions/conversation.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { EntryWriter } from "./entries.ts";

describe("what a screen reader hears", () => {
  it("is the beginning and the end of an answer, not its words, and nothing of what was there", () => {
    const write = new EntryWriter();
    const announcer = new Announcer();
    let conversation = fold(EMPTY_CONVERSATION, [write.said("why"), write.turn("started")]);
    const hear = (...entries: Parameters<typeof fold>[1]): string => {
      conversation = fold(conversation, entries);
      return announcer.words(conversation.turns, "Echo");
    };

    expect(hear()).toBe("");
    expect(hear(write.delta(0, "because"))).toBe("");
    expect(hear(write.completed("because"), write.turn("completed"))).toBe("Echo has answered");
    expect(hear(write.said("and now", "t2"))).toBe("Echo has answered");
    expect(hear(write.turn("started", "t2"))).toBe("Echo answers");
    expect(hear(write.turn("failed", "t2"))).toBe("Failed");
  });
});
