import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../../src/api/sessions.ts";
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
let session: Session;
let answer: (url: string) => Response;
let write: EntryWriter;

beforeEach(async () => {
  vi.useFakeTimers();
  write = new EntryWriter();
  history = [];
  session = sessionOf(2);
  answer = () => new Response(history.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  vi.stubGlobal("fetch", async (url: string) => answer(url));
  network = new FakeNetwork();
  connection = new HubConnection(network.ports);
  connection.start();
  await settle();
  network.socket.accept();
  network.socket.say("pong");
  const reader = new ConversationHistory("s1", () => session);
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

function sessionOf(messageCount: number): Session {
  return {
    id: "s1",
    providerId: "echo",
    status: "active",
    createdAt: "2026-11-21T12:00:00.000Z",
    updatedAt: "2026-11-21T13:00:00.000Z",
    messageCount,
    metadata: {},
    turn: null,
    queued: 0,
  };
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

  it("shows the end of a long history first, then all of it, with what came meanwhile", async () => {
    session = sessionOf(5_000);
    const turns = Array.from({ length: 60 }, (_, n) => [
      write.raw("message.added", { messageId: `u${n}`, turnId: `t${n}`, role: "user", content: `${n}` }),
      write.raw("turn.started", { turnId: `t${n}` }),
      write.raw("turn.completed", { turnId: `t${n}` }),
    ]);
    history = turns.flat();
    const asked: string[] = [];
    let sendWhole = (): void => undefined;
    const lines = (from: number): string =>
      history
        .slice(from)
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join("");
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(new URL(url, "http://hub").searchParams.get("after") ?? "");
      if (asked.at(-1) !== "0") return new Response(lines(history.length - 31 * 3 + 1));
      const whole = lines(0);
      await new Promise<void>((resolve) => {
        sendWhole = resolve;
      });
      return new Response(whole);
    });
    await open();
    const end = Date.parse(session.updatedAt);
    expect(asked).toEqual([`${end - (3_600_000 * 120) / 5_000}000`, "0"]);
    expect(feed.conversation.value.turns.map((turn) => turn.id)).toEqual(
      turns.slice(-30).map((_, n) => `t${n + 30}`),
    );

    arrive(
      write.raw("turn.started", { turnId: "new" }),
      write.raw("message.delta", { messageId: "a", turnId: "new", index: 0, content: "meanwhile" }),
    );
    sendWhole();
    await settle();
    expect(feed.conversation.value.turns).toHaveLength(61);
    expect(text()).toBe("meanwhile");
    arrive(write.raw("turn.completed", { turnId: "new" }));
    expect(feed.conversation.value.turns.at(-1)?.status).toBe("completed");
    expect(network.socket.payloads("subscribe")).toHaveLength(1);
  });
});
