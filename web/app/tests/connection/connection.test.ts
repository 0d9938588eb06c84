import { parseRevision } from "@atrium/state-sync";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, readProblem, unreachable } from "../../src/api/problem.ts";
import { HubConnection, type StreamListener } from "../../src/connection/connection.ts";
import { connectionWords } from "../../src/connection/connection_state.ts";
import { FakeNetwork, settle } from "../fake_network.ts";

let network: FakeNetwork;
let connection: HubConnection;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 10, 21, 12, 4) });
  network = new FakeNetwork();
  connection = new HubConnection(network.ports);
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

function kind(): string {
  return connection.state.value.kind;
}

async function connect(): Promise<void> {
  connection.start();
  await settle();
  network.socket.accept();
  network.socket.say("pong");
}

function listener(overrides: Partial<StreamListener> = {}): StreamListener {
  return { cursor: () => "7", received: vi.fn(), reset: vi.fn(), refused: vi.fn(), ...overrides };
}

describe("the connection", () => {
  it("is live only once the hub has said something", async () => {
    connection.start();
    await settle();
    network.socket.accept();
    expect(kind()).toBe("connecting");

    network.socket.say("pong");
    expect(kind()).toBe("live");
  });

  it("takes a new ticket for each attempt and says since when it is offline", async () => {
    await connect();
    network.socket.drop();
    expect(kind()).toBe("connecting");
    await vi.advanceTimersByTimeAsync(1_000);
    network.socket.drop();

    expect(network.sockets.map((socket) => socket.ticket)).toEqual(["ticket-1", "ticket-2"]);
    expect(connectionWords(connection.state.value)).toBe("Offline since 12:04");
  });

  it("tries again and again, ever more slowly, and becomes live when the hub is back", async () => {
    network.ticketProblem = unreachable();
    connection.start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(kind()).toBe("offline");
    expect(network.sockets).toHaveLength(0);

    network.ticketProblem = undefined;
    await vi.advanceTimersByTimeAsync(8_000);
    network.socket.accept();
    network.socket.say("pong");
    expect(kind()).toBe("live");
  });

  it("tries at once when it is told to hurry", async () => {
    network.ticketProblem = unreachable();
    connection.start();
    await vi.advanceTimersByTimeAsync(60_000);
    network.ticketProblem = undefined;
    connection.hurry();
    await settle();

    expect(network.sockets).toHaveLength(1);
  });

  it("stops trying when nobody is signed in", async () => {
    network.ticketProblem = new ApiProblem(readProblem({}, 401));
    connection.start();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(kind()).toBe("signedOut");
    expect(network.sockets).toHaveLength(0);
  });

  it("notices a hub that has gone without a word", async () => {
    await connect();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(network.socket.payloads("ping").length).toBeGreaterThanOrEqual(2);
    expect(kind()).toBe("live");

    await vi.advanceTimersByTimeAsync(8_000);
    expect(kind()).not.toBe("live");
  });

  it("tells a restart from a loss", async () => {
    await connect();
    network.socket.say("core:restarting");
    expect(kind()).toBe("restarting");
    network.socket.say("pong");
    expect(kind()).toBe("restarting");

    network.socket.drop();
    network.ticketProblem = unreachable();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(kind()).toBe("restarting");

    await vi.advanceTimersByTimeAsync(60_000);
    expect(connectionWords(connection.state.value)).toBe("Hub stopped at 12:04");
  });

  it("waits for a restart from when the hub is gone: its turns may take long to finish", async () => {
    await connect();
    network.socket.say("core:restarting");
    for (let seconds = 0; seconds < 60; seconds += 10) {
      await vi.advanceTimersByTimeAsync(10_000);
      network.socket.say("pong");
    }
    network.socket.drop();
    network.ticketProblem = unreachable();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(kind()).toBe("restarting");
  });
});

describe("subscriptions", () => {
  it("are made again after each break, streams from where they stand", async () => {
    let cursor = "0";
    const resumed = vi.fn();
    connection.followTopic("sessions", { invalidated: vi.fn(), resumed });
    connection.followStream("sessions/s1", listener({ cursor: () => cursor }));
    await connect();
    expect(network.socket.payloads("subscribe")).toEqual([
      { topics: ["sessions"], snapshots: true },
      { streams: { "sessions/s1": "0" } },
    ]);

    cursor = "42";
    network.socket.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    network.socket.accept();
    network.socket.say("pong");
    expect(network.socket.payloads("subscribe")).toEqual([
      { topics: ["sessions"], snapshots: true },
      { streams: { "sessions/s1": "42" } },
    ]);
    expect(resumed).toHaveBeenCalledTimes(2);
  });

  it("deliver to whom they belong, and nothing after their end", async () => {
    await connect();
    const invalidated = vi.fn();
    const one = listener();
    const other = listener();
    const endTopic = connection.followTopic("sessions", { invalidated, resumed: vi.fn() });
    const endStream = connection.followStream("sessions/s1", one);
    connection.followStream("sessions/s2", other);

    network.socket.say("sync:invalidate", { topic: "sessions", revision: "5" });
    network.socket.say("stream:chunk", { source: "/sessions/s1", offset: "1" });
    endTopic();
    endStream();
    network.socket.say("sync:invalidate", { topic: "sessions", revision: "6" });
    network.socket.say("stream:chunk", { source: "/sessions/s1", offset: "2" });

    expect(invalidated).toHaveBeenCalledTimes(1);
    expect(one.received).toHaveBeenCalledTimes(1);
    expect(other.received).not.toHaveBeenCalled();
    expect(network.socket.payloads("unsubscribe")).toHaveLength(2);
  });

  it("have the snapshot that came with an event, until the connection breaks", async () => {
    await connect();
    const getSnapshot = vi.fn(async () => ({ revision: parseRevision("4"), data: "asked" }));
    const provider = connection.carried.before("sessions", { getSnapshot });
    connection.followTopic("sessions", { invalidated: vi.fn(), resumed: vi.fn() });
    const carry = (revision: string) =>
      network.socket.say("sync:invalidate", {
        topic: "sessions",
        revision,
        snapshot: { revision, data: "carried" },
      });

    carry("5");
    expect((await provider.getSnapshot()).data).toBe("carried");
    carry("6");
    network.socket.drop();
    expect((await provider.getSnapshot()).data).toBe("asked");
    expect(getSnapshot).toHaveBeenCalledTimes(1);
  });

  it("report a refusal by the hub, but not a broken connection", async () => {
    await connect();
    const refused = listener();
    connection.followStream("sessions/gone", refused);
    const id = network.socket.sent.find((frame) => frame.id)?.id;
    network.socket.say("error", { title: "Not found", status: 404, code: "NOT_FOUND" }, id);
    await settle();
    expect(refused.refused).toHaveBeenCalledWith(expect.objectContaining({ status: 404 }));

    const cut = listener();
    connection.followStream("sessions/s1", cut);
    network.socket.drop();
    await settle();
    expect(cut.refused).not.toHaveBeenCalled();
  });

  it("survive frames nobody understands", async () => {
    await connect();
    for (const data of [
      "{",
      "[]",
      "null",
      '{"type":7}',
      '{"type":"weather","payload":[]}',
      new Uint8Array(3),
    ]) {
      network.socket.onmessage?.({ data });
    }
    expect(kind()).toBe("live");
  });
});
