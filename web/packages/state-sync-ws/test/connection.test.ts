import type { StreamEntry } from "@atrium/state-sync";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ConnectionState, createHubConnection, type HubConnection, type Timer } from "../src/index";
import { Hub, openSocket } from "./hub";

let hub: Hub;
let connections: HubConnection[];

beforeEach(async () => {
  connections = [];
  hub = new Hub();
  await hub.start();
});

afterEach(async () => {
  for (const connection of connections) connection.close();
  await hub.stop();
});

function connect(options: Partial<Parameters<typeof createHubConnection>[0]> = {}): HubConnection {
  const reconnect = { baseDelayMs: 1, maxDelayMs: 5 };
  const connection = createHubConnection({ url: hub.url, openSocket, reconnect, ...options });
  connections.push(connection);
  return connection;
}

function reaches(connection: HubConnection, wanted: ConnectionState): Promise<void> {
  return new Promise((resolve) => {
    const look = (state: ConnectionState) => {
      if (state === wanted) resolve();
    };
    look(connection.state);
    connection.onState(look);
  });
}

function follow(connection: HubConnection, cursor: string | null = "0", stream = "notes/1") {
  const entries: string[] = [];
  const ends: string[] = [];
  const followed = connection.follow<StreamEntry>(stream, {
    cursor,
    onEntry: ({ offset }) => entries.push(offset),
    onReset: (reason) => ends.push(reason),
    onRefused: ({ code }) => ends.push(code),
  });
  return { followed, entries, ends };
}

const barrier = (connection: HubConnection) => connection.call("barrier");
const arrived = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 1 });

describe("streams", () => {
  it("are caught up with, then followed, over breaks, each entry once", async () => {
    for (const offset of ["3", "5"]) hub.append("notes/1", offset);
    const connection = connect();
    const { followed, entries, ends } = follow(connection);
    await arrived(() => expect(entries).toEqual(["3", "5"]));
    hub.append("notes/1", "8");
    await arrived(() => expect(entries).toEqual(["3", "5", "8"]));
    hub.cut();
    for (const offset of ["9", "12"]) hub.append("notes/1", offset);
    await arrived(() => expect(entries).toEqual(["3", "5", "8", "9", "12"]));
    expect(hub.subscribes.map(({ streams }) => streams?.["notes/1"])).toEqual(["0", "8"]);
    expect([followed.cursor, ends]).toEqual(["12", []]);
  });

  it("are asked for again when an entry was lost", async () => {
    const connection = connect();
    const { entries } = follow(connection);
    await reaches(connection, "online");
    await barrier(connection);
    hub.append("notes/1", "1");
    hub.losing = 2;
    for (const offset of ["2", "3", "4"]) hub.append("notes/1", offset);
    await arrived(() => expect(entries).toEqual(["1", "2", "3", "4"]));
  });

  it("end when the hub leaves the same entry out again", async () => {
    const connection = connect();
    const { entries, ends } = follow(connection);
    await reaches(connection, "online");
    hub.histories.set("notes/1", [{ type: "x.y.v1", offset: "9", prev: "7", source: "/notes/1" }]);
    hub.append("notes/1", "10");
    await arrived(() => expect(ends).toEqual(["missed"]));
    expect(entries).toEqual([]);
  });

  it("begin now when asked to", async () => {
    for (const offset of ["3", "5"]) hub.append("notes/1", offset);
    const connection = connect();
    const { entries } = follow(connection, null);
    await reaches(connection, "online");
    await barrier(connection);
    hub.append("notes/1", "6");
    await arrived(() => expect(entries).toEqual(["6"]));
  });

  it("end with the hub's reason when the cursor is not of this history", async () => {
    hub.resetting = true;
    const { ends } = follow(connect(), "77");
    await arrived(() => expect(ends).toEqual(["beyond the head"]));
  });

  it("end when the hub declines them, and may be followed again", async () => {
    const connection = connect();
    const { ends } = follow(connection, "0", "missing");
    expect(() => follow(connection, "0", "missing")).toThrow(/followed already/);
    await arrived(() => expect(ends).toEqual(["NOT_FOUND"]));
    follow(connection, "0", "missing").followed.stop();
  });

  it("are silent after stop", async () => {
    const connection = connect();
    const { followed, entries } = follow(connection);
    await reaches(connection, "online");
    await barrier(connection);
    followed.stop();
    hub.append("notes/1", "1");
    await barrier(connection);
    expect(entries).toEqual([]);
  });
});

describe("topics", () => {
  it("tell after a break what was missed", async () => {
    hub.source.bump("notes", 1);
    const connection = connect();
    const events: unknown[] = [];
    const end = await connection.subscriber("notes").subscribe((event) => events.push(event));
    expect(events).toEqual([]);
    hub.source.bump("notes", 2);
    hub.cut();
    await arrived(() => expect(events).toEqual([{ topic: "notes", revision: "2" }]));
    end();
    await barrier(connection);
    hub.broadcast("sync:invalidate", { topic: "notes", revision: "3" });
    await barrier(connection);
    expect(events).toHaveLength(1);
  });

  it("are not asked for when they came with the event, and are after a break", async () => {
    hub.source.bump("notes", "old");
    const connection = connect();
    const provider = connection.provider("notes");
    const events: unknown[] = [];
    const end = await connection.subscriber("notes").subscribe((event) => events.push(event));
    expect(hub.subscribes[0]).toEqual({ topics: ["notes"], snapshots: true });
    const carry = async (revision: string) => {
      hub.broadcast("sync:invalidate", { topic: "notes", revision, snapshot: { revision, data: "carried" } });
      await barrier(connection);
    };
    const data = async () => (await provider.getSnapshot()).data;
    await carry("2");
    expect([await data(), await data()]).toEqual(["carried", "old"]);
    await carry("3");
    hub.cut();
    await reaches(connection, "offline");
    expect(await data()).toBe("old");
    await reaches(connection, "online");
    await carry("4");
    end();
    expect(await data()).toBe("old");
  });

  it("have their first snapshot asked for, whatever came with an event before", async () => {
    hub.source.bump("notes", "new");
    const connection = connect();
    connection.connect();
    await reaches(connection, "online");
    hub.broadcast("sync:invalidate", {
      topic: "notes",
      revision: "1",
      snapshot: { revision: "1", data: "left over" },
    });
    await connection.subscriber("notes").subscribe(() => undefined);
    expect((await connection.provider("notes").getSnapshot()).data).toBe("new");
  });

  it("that are not there fail their subscription and their snapshot", async () => {
    const connection = connect();
    await expect(connection.subscriber("secret").subscribe(() => undefined)).rejects.toThrow(/no such thing/);
    await expect(connection.provider("secret").getSnapshot()).rejects.toThrow("there is no topic secret");
    expect(connection.state).toBe("online");
  });

  it("have names with any character", async () => {
    hub.source.bump("notes/ä ?#/1", { n: 1 });
    const { data } = await connect().provider("notes/ä ?#/1").getSnapshot();
    expect(data).toEqual({ n: 1 });
  });
});

describe("the connection", () => {
  it("stops trying when it is refused, and tries again when told to", async () => {
    hub.refusals.push(401);
    const connection = connect();
    await expect(connection.subscriber("notes").subscribe(() => undefined)).rejects.toMatchObject({
      status: 401,
      code: "NOT_TODAY",
    });
    expect(connection.state).toBe("refused");
    connection.connect();
    await reaches(connection, "online");
  });

  it("waits longer after each failure, between half and all of the policy's delay", async () => {
    const delays: number[] = [];
    const timer: Timer = (ms, callback) => {
      if (ms < 15_000) delays.push(ms);
      const handle = setTimeout(callback, 0);
      return () => clearTimeout(handle);
    };
    const policy = { baseDelayMs: 250, maxDelayMs: 2_000 };
    hub.refusals.push(503, 500, 502, 429, 503);
    const patient: Timer = (ms, callback) => (ms < 15_000 ? timer(ms, callback) : () => undefined);
    const connection = connect({ timer: patient, random: () => 0, reconnect: policy });
    connection.connect();
    await reaches(connection, "online");
    expect(delays).toEqual([125, 250, 500, 1000, 1000]);
  });

  it("takes a hub that is silent for two pings for gone", async () => {
    const pings: (() => void)[] = [];
    const timer: Timer = (ms, callback) => {
      if (ms === 20_000) pings.push(callback);
      const handle = ms < 15_000 ? setTimeout(callback, 0) : undefined;
      return () => clearTimeout(handle);
    };
    const silent = (url: string) => {
      const socket = openSocket(url);
      socket.addEventListener("open", () => {
        socket.onmessage = null;
      });
      return socket;
    };
    const connection = connect({ timer, openSocket: silent });
    const states: string[] = [];
    connection.onState((state) => states.push(state));
    connection.connect();
    await reaches(connection, "online");
    for (let count = 0; count < 3; count += 1) pings.shift()?.();
    expect(states).toEqual(["connecting", "online", "offline"]);
  });

  it("says that the hub restarts when the hub says so", async () => {
    const connection = connect();
    connection.connect();
    await reaches(connection, "online");
    hub.broadcast("core:restarting", {});
    await reaches(connection, "restarting");
    hub.cut();
    await reaches(connection, "online");
  });

  it("rejects what is asked for while it is away or closed", async () => {
    const connection = connect();
    await expect(connection.call("ping")).rejects.toThrow("no connection");
    connection.connect();
    await reaches(connection, "online");
    await expect(connection.call("refuse")).rejects.toMatchObject({ code: "UNKNOWN" });
    connection.close();
    await expect(connection.subscriber("notes").subscribe(() => undefined)).rejects.toThrow("closed");
    expect(connection.state).toBe("closed");
  });

  it("ignores frames it cannot read", async () => {
    const connection = connect();
    connection.connect();
    await reaches(connection, "online");
    for (const payload of [null, 7, "text", []]) hub.broadcast("stream:chunk", payload);
    hub.broadcast("later:invention", {});
    await barrier(connection);
    expect(connection.state).toBe("online");
  });
});
