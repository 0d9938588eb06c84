import { expect, it } from "vitest";
import type { Session } from "../../src/api/sessions.ts";
import { LastPages } from "../../src/state/last_seen_recorder.ts";

const DAY = 86_400_000;
const BEGUN = Date.parse("2026-11-01T00:00:00Z");

/** Messages of which all but the first came on the last day. */
const messages = Array.from({ length: 900 }, (_, n) => ({
  id: `m${n}`,
  role: "user" as const,
  content: `message ${n}`,
  createdAt: new Date(n === 0 ? BEGUN : BEGUN + 9 * DAY + n).toISOString(),
}));

function offsetOf(createdAt: string): number {
  return Date.parse(createdAt) * 1000;
}

it("the last messages are the last, however uneven the pace, and are not looked for twice", async () => {
  const asked: string[] = [];
  const pages = new LastPages((async (path: string) => {
    asked.push(path);
    const query = new URL(path, "http://hub").searchParams;
    const after = Number(query.get("cursor"));
    const found = messages.filter(({ createdAt }) => offsetOf(createdAt) > after);
    const data = found.slice(0, Number(query.get("limit")));
    const last = data.at(-1);
    return { data, nextCursor: found.length > data.length && last ? String(offsetOf(last.createdAt)) : null };
  }) as ConstructorParameters<typeof LastPages>[0]);
  const session = {
    id: "garden",
    messageCount: messages.length,
    createdAt: messages[0]?.createdAt,
    updatedAt: messages.at(-1)?.createdAt,
  } as Session;
  expect(await pages.messagesOf(session)).toEqual(messages.slice(-200));
  const first = asked.length;
  expect(await pages.messagesOf(session)).toEqual(messages.slice(-200));
  expect(asked.length - first).toBeLessThanOrEqual(2);
});
