import { afterEach, describe, expect, it } from "vitest";
import { EMPTY_CONVERSATION, type Turn } from "../../../src/features/sessions/conversation.ts";
import type { Entry } from "../../../src/features/sessions/entry.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { renderSummarising } from "../../../src/features/sessions/summary_view.ts";
import { summaryWords } from "../../../src/features/sessions/summary_words.ts";
import { EntryWriter } from "./entries.ts";

function turnOf(...entries: Entry[]): Turn | undefined {
  return fold(EMPTY_CONVERSATION, entries).turns[0];
}

function begun(write: EntryWriter): Entry[] {
  return [
    write.said("hello"),
    write.turn("started", "t1", { providerId: "two" }),
    write.entry("conversation.summarising", { turnId: "t1", providerId: "two", part: 2, parts: 3 }),
  ];
}

function summarised(write: EntryWriter): Entry {
  return write.entry("conversation.summarised", {
    turnId: "t1",
    providerId: "one",
    readerId: "two",
    messages: 8,
    leftOut: 2,
    through: "12",
    content: "They asked.",
  });
}

describe("a conversation that is too long for who answers", () => {
  afterEach(() => {
    document.documentElement.lang = "en";
  });

  it("is told to be summarised until it is, or something else happens", () => {
    const write = new EntryWriter();
    const entries = begun(write);
    expect(turnOf(...entries)?.summarising).toEqual({ part: 2, parts: 3 });
    const ends = [
      summarised(write),
      write.delta(0, "here"),
      write.entry("note.added", { turnId: "t1", content: "It could not be summarised." }),
      write.turn("cancelled"),
      write.turn("interrupted"),
    ];
    for (const end of ends) expect(turnOf(...entries, end)?.summarising).toBeUndefined();
  });

  it("has its summary where it was made, once however often it is read", () => {
    const write = new EntryWriter();
    const entries = [...begun(write), summarised(write), write.delta(0, "here")];
    expect(turnOf(...entries, ...entries)?.summaries).toEqual([
      {
        offset: entries[3]?.offset,
        writerId: "one",
        readerId: "two",
        messages: 8,
        leftOut: 2,
        content: "They asked.",
      },
    ]);
  });

  it("is told of in both languages, with their plurals", () => {
    expect(renderSummarising({ part: 1, parts: 1 })).toBe("Summarising the earlier conversation…");
    expect(renderSummarising({ part: 2, parts: 3 })).toContain("part 2 of 3");
    expect(summaryWords().has("Two", 8)).toBe("Two reads a summary of the first 8 messages");
    document.documentElement.lang = "ru";
    expect(summaryWords().has("Два", 1)).toContain("1 сообщение");
    expect(summaryWords().has("Два", 3)).toContain("3 сообщения");
    expect(summaryWords().has("Два", 8)).toContain("8 сообщений");
    expect(renderSummarising({ part: 2, parts: 3 })).toContain("часть 2 из 3");
  });
});
