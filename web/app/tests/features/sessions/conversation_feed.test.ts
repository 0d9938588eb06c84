import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubConnection } from "../../../src/connection/connection.ts";
import { type Text, textOf } from "../../../src/features/sessions/conversation.ts";
import { ConversationFeed } from "../../../src/features/sessions/conversation_feed.ts";
import { ConversationHistory } from "../../../src/features/sessions/conversation_history.ts";
import { FakeNetwork, settle } from "../../fake_network.ts";
import { EntryWriter } from "./entries.ts";

type Raw = Record<string, unknown>;

let network: FakeNetwork;
let connection: HubConnection;
let feed: ConversationFeed;
let history: Raw[];
let answer: (url: string) => Response;
let write: EntryWriter;

beforeEach(async () => {
  vi.useFakeTimers();
  write = new EntryWriter();
  history = [];
  answer = () => new Response(history.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  vi.stubGlobal("fetch", async (url: string) => answer(url));
  network = new FakeNetwork();
  connection = new HubConnection(network.ports);
  connection.start();
  await settle();
  network.socket.accept();
  network.socket.say("pong");
  const reader = new ConversationHistory("s1");
  feed = new ConversationFeed("s1", reader, connection, (run) => run());
});

afterEach(() => {
  feed.stop();
  connection.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function open(): Promise<void> {
  feed.start();
  await settle();
}

function arrive(...entries: Raw[]): void {
  for (const entry of entries) network.socket.say("stream:chunk", entry);
}

function delta(index: number, content: string): Raw {
  return write.raw("message.delta", { messageId: "a1", turnId: "t1", index, role: "assistant", content });
}

function durable(kind: string, more: Raw = {}): Raw {
  return write.raw(kind, { messageId: "a1", turnId: "t1", ...more });
}

function text(): string {
  const parts = feed.conversation.value.turns.flatMap((turn) => turn.parts);
  return parts.map((part) => textOf(part as Text)).join("");
}

describe("a feed", () => {
  it("reads the history and follows from its last durable entry", async () => {
    history = [durable("turn.started"), delta(0, "a")];
    await open();
    const [follow] = network.socket.payloads("subscribe");
    expect(follow).toEqual({ streams: { "sessions/s1": history[0]?.offset } });

    arrive(history[1] as Raw, delta(1, "b"), durable("message.completed", { content: "abc" }));
    expect(text()).toBe("abc");
    expect(feed.phase.value).toBe("ready");
  });

  it("goes on where it stood after a break, in the middle of an answer", async () => {
    history = [durable("turn.started")];
    await open();
    const deltas = [delta(0, "one "), delta(1, "two ")];
    arrive(...deltas);
    network.socket.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    network.socket.accept();
    expect(network.socket.payloads("subscribe")).toEqual([
      { streams: { "sessions/s1": history[0]?.offset } },
    ]);

    arrive(...deltas, delta(2, "three"));
    expect(text()).toBe("one two three");
  });

  it("fetches what is missing when an entry names a predecessor it never saw", async () => {
    history = [durable("turn.started")];
    await open();
    const missed = durable("message.completed", { content: "missed" });
    const after = durable("turn.completed");
    arrive(after);
    expect(feed.conversation.value.turns[0]?.status).toBe("running");
    expect(network.socket.payloads("subscribe").at(-1)).toEqual({
      streams: { "sessions/s1": history[0]?.offset },
    });

    arrive(missed, after);
    expect(text()).toBe("missed");
    expect(feed.conversation.value.turns[0]?.status).toBe("completed");
  });

  it("reads the whole again when the gap stays, or the hub says that the stream is another", async () => {
    history = [durable("turn.started")];
    await open();
    const missed = durable("message.completed", { content: "kept only in the history" });
    const after = durable("turn.completed");
    arrive(after);
    history = [...history, missed, after];
    arrive(after);
    await settle();
    expect(text()).toBe("kept only in the history");

    history = [
      new EntryWriter().raw("message.completed", { messageId: "b", turnId: "t9", content: "restored" }),
    ];
    network.socket.say("stream:reset", { stream: "sessions/s1", reason: "restored" });
    expect(text()).toBe("kept only in the history");
    await settle();
    expect(text()).toBe("restored");
  });

  it("waits for a hub that cannot answer yet, and says so", async () => {
    answer = () => new Response('{"detail":"Starting."}', { status: 503 });
    await open();
    expect(feed.phase.value).toBe("waiting");
    expect(feed.problem.value?.detail).toBe("Starting.");

    answer = () => new Response("");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(feed.phase.value).toBe("ready");
  });

  it("knows that a session is gone", async () => {
    answer = () => new Response("{}", { status: 404 });
    await open();

    expect(feed.phase.value).toBe("gone");
  });

  it("hears of the deletion as the stream's last entry", async () => {
    await open();
    arrive(write.raw("session.deleted", { by: "ann" }));

    expect(feed.conversation.value.isDeleted).toBe(true);
  });

  it("reads the end of a long history, and what is before it when it is asked to", async () => {
    history = Array.from({ length: 60 }, (_, n) => turn(n)).flat();
    const asked = servePages(90);
    await open();
    expect(asked).toEqual(["9223372036854775807"]);
    expect(ids()).toEqual(numbered(30, 60));
    expect(feed.hasEarlier.value).toBe(true);

    arrive(write.raw("turn.started", { turnId: "new" }), said("new", "meanwhile"));
    await feed.readEarlier();
    expect(asked.at(-1)).toBe(history[90]?.offset);
    expect(ids()).toEqual([...numbered(0, 60), "new"]);
    expect(text()).toBe("meanwhile");
    expect(feed.hasEarlier.value).toBe(false);
    arrive(write.raw("turn.completed", { turnId: "new" }));
    expect(feed.conversation.value.turns.at(-1)?.status).toBe("completed");
    expect(network.socket.payloads("subscribe")).toHaveLength(1);
  });

  it("shows a turn that a page cuts in two when all of it was read", async () => {
    history = Array.from({ length: 20 }, (_, n) => turn(n)).flat();
    servePages(40);
    await open();
    expect(ids()).toEqual(numbered(7, 20));

    await feed.readEarlier();
    expect(ids()).toEqual(numbered(0, 20));
    expect(feed.conversation.value.turns.every(({ message }) => message)).toBe(true);
    expect(feed.conversation.value.turns.every(({ status }) => status === "completed")).toBe(true);
  });

  it("goes on with the pieces of a long answer whose beginning is in an earlier page", async () => {
    history = [...asked("t0"), ...Array.from({ length: 50 }, (_, n) => said("t0", `${n} `, n))];
    const pages = servePages(20);
    await open();
    expect(pages).toHaveLength(3);
    arrive(said("t0", "end", 50));
    expect(text()).toBe(`${Array.from({ length: 50 }, (_, n) => `${n} `).join("")}end`);
  });

  it("keeps what it has when what is before cannot be read, and says why", async () => {
    history = Array.from({ length: 60 }, (_, n) => turn(n)).flat();
    servePages(90);
    await open();
    const page = answer;
    answer = () => new Response('{"detail":"Too slow."}', { status: 503 });
    await feed.readBack(() => false);
    expect(feed.earlierProblem.value?.detail).toBe("Too slow.");
    expect(ids()).toEqual(numbered(30, 60));

    answer = page;
    const reading = feed.readBack(() => false);
    await vi.advanceTimersByTimeAsync(10);
    await reading;
    expect(feed.earlierProblem.value).toBeUndefined();
    expect(ids()).toEqual(numbered(0, 60));
  });
});

/** Answer with pages of the history; returns what is asked for. */
function servePages(limit: number): string[] {
  const asked: string[] = [];
  answer = (url) => {
    const before = new URL(url, "http://hub").searchParams.get("before") ?? "";
    asked.push(before);
    const page = history.filter(({ offset }) => BigInt(String(offset)) < BigInt(before)).slice(-limit);
    return new Response(page.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  };
  return asked;
}

function asked(turnId: string): Raw[] {
  return [
    write.raw("message.added", { messageId: `u-${turnId}`, turnId, role: "user", content: "why" }),
    write.raw("turn.started", { turnId }),
  ];
}

function turn(n: number): Raw[] {
  return [...asked(`t${n}`), write.raw("turn.completed", { turnId: `t${n}` })];
}

function said(turnId: string, content: string, index = 0): Raw {
  return write.raw("message.delta", { messageId: `a-${turnId}`, turnId, index, content });
}

function ids(): string[] {
  return feed.conversation.value.turns.map(({ id }) => id);
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `t${from + n}`);
}
