import { describe, expect, it } from "vitest";
import { EMPTY_CONVERSATION } from "../../../src/features/sessions/conversation.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { Unread } from "../../../src/features/sessions/unread.ts";
import { EntryWriter } from "./entries.ts";

function talk(): { turns: ReturnType<typeof fold>["turns"]; offsets: string[] } {
  const write = new EntryWriter();
  const entries = ["t1", "t2", "t3"].flatMap((id) => [
    write.said("a question", id),
    write.turn("started", id),
    write.completed("an answer", id),
  ]);
  const answers = entries.filter(({ kind }) => kind === "message.completed");
  return { turns: fold(EMPTY_CONVERSATION, entries).turns, offsets: answers.map(({ offset }) => offset) };
}

describe("what is unread", () => {
  it("begins behind what was read when the session was opened, whatever is read meanwhile", () => {
    const { turns, offsets } = talk();
    const unread = new Unread(async () => undefined);
    unread.learn({ unread: 2, readOffset: offsets[0] });
    unread.learn({ unread: 0, readOffset: offsets[2] });

    expect(unread.count.value).toBe(2);
    expect(unread.firstOf(turns)).toBe("t2");
  });

  it("is nothing where all was read, or where the hub does not say", () => {
    const { turns, offsets } = talk();
    for (const session of [{ unread: 0, readOffset: offsets[0] }, {}, undefined]) {
      const unread = new Unread(async () => undefined);
      unread.learn(session);
      expect(unread.firstOf(turns)).toBeUndefined();
    }
  });

  it("is told as read once, up to the last answer, and again only if that failed", async () => {
    const { turns, offsets } = talk();
    const told: string[] = [];
    let isAway = true;
    const unread = new Unread(async (offset) => {
      told.push(offset);
      if (isAway) throw new Error("away");
    });
    unread.seen(turns);
    expect(told).toEqual([]);
    unread.learn({ unread: 3, readOffset: "0" });
    unread.seen(turns);
    await Promise.resolve();
    await Promise.resolve();
    isAway = false;
    unread.seen(turns);
    unread.seen(turns);
    expect(told).toEqual([offsets[2], offsets[2]]);
  });
});
