import { describe, expect, it } from "vitest";
import { createInMemoryHub, createRevisionSync, ProtocolError, type SyncErrorContext } from "../src/index";

function setUp(over: Partial<Parameters<typeof createRevisionSync<string>>[0]> = {}) {
  const hub = createInMemoryHub<string>();
  hub.bump("t", "one");
  const errors: SyncErrorContext[] = [];
  const applied: string[] = [];
  const sync = createRevisionSync<string>({
    topic: "t",
    subscriber: hub.subscriber(),
    provider: hub.provider("t"),
    applier: { apply: ({ data }) => void applied.push(data) },
    onError: (context) => errors.push(context),
    ...over,
  });
  return { hub, errors, applied, sync };
}

describe("the engine", () => {
  it("declines a blank topic when it is built", () => {
    expect(() => setUp({ topic: " " })).toThrow(ProtocolError);
  });

  it("gives the raw payload with a protocol error", async () => {
    const { hub, errors, sync } = setUp();
    await sync.start();
    const payload = { topic: "t", revision: "007" };
    hub.emit(payload);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ phase: "protocol", topic: "t", sourceEvent: payload });
    expect(errors[0]?.error).toBeInstanceOf(ProtocolError);
    sync.stop();
  });

  it("reports an unsubscribe that fails, and has stopped all the same", async () => {
    const failure = new Error("socket gone");
    const subscriber = {
      subscribe: async () => () => {
        throw failure;
      },
    };
    const { errors, sync } = setUp({ subscriber });
    await sync.start();
    sync.stop();
    sync.stop();
    expect(errors.map(({ phase, error }) => [phase, error])).toEqual([["subscribe", failure]]);
  });

  it("survives a subscriber and a provider that throw at once", async () => {
    const throwing = () => {
      throw new Error("at once");
    };
    const first = setUp({ subscriber: { subscribe: throwing } });
    await expect(first.sync.start()).rejects.toThrow("at once");
    const second = setUp({ provider: { getSnapshot: throwing } });
    await expect(second.sync.start()).rejects.toThrow("at once");
    expect(second.hub.subscriptions).toBe(0);
    expect([...first.errors, ...second.errors].map(({ phase }) => phase)).toEqual([
      "subscribe",
      "getSnapshot",
    ]);
  });

  it("may be stopped from inside apply and from inside onError", async () => {
    const inApply = setUp({ applier: { apply: () => inApply.sync.stop() } });
    await inApply.sync.start();
    expect(inApply.hub.subscriptions).toBe(0);
    expect(inApply.sync.getLocalRevision()).toBe("1");

    const provider = { getSnapshot: () => Promise.reject(new Error("offline")) };
    const inHook = setUp({ provider, onError: () => inHook.sync.stop() });
    await inHook.sync.start();
    expect(inHook.hub.subscriptions).toBe(0);
  });

  it("lets a broken logger be", async () => {
    const broken = () => {
      throw new Error("disk full");
    };
    const { applied, sync } = setUp({ logger: { debug: broken, warn: broken, error: broken } });
    await sync.start();
    sync.stop();
    expect(applied).toEqual(["one"]);
  });

  it("takes console for a logger", async () => {
    const { sync } = setUp({ logger: { ...console, debug: () => undefined } });
    await sync.start();
    sync.stop();
  });
});

describe("the in-memory hub", () => {
  it("holds, drops, duplicates and reorders events on the wire", async () => {
    const hub = createInMemoryHub<number>();
    const seen: unknown[] = [];
    const unsubscribe = await hub.subscriber().subscribe((event) => seen.push(event));
    hub.hold();
    for (const payload of ["a", "b", "c"]) hub.emit(payload);
    hub.drop(0);
    hub.duplicate(1);
    hub.reorder([2, 0, 1]);
    expect(seen).toEqual([]);
    expect(hub.inFlight).toEqual(["c", "b", "c"]);
    hub.release();
    expect(seen).toEqual(["c", "b", "c"]);
    expect(() => hub.reorder([1])).toThrow(/no permutation/);
    unsubscribe();
    hub.emit("d");
    expect(seen).toHaveLength(3);
  });

  it("announces with a source, and has nothing to show before the first bump", async () => {
    const hub = createInMemoryHub<number>();
    const seen: unknown[] = [];
    await hub.subscriber().subscribe((event) => seen.push(event));
    await expect(hub.provider("t").getSnapshot()).rejects.toThrow(/"t" has no data yet/);
    hub.publish("t", 1, "window:a");
    expect(seen).toEqual([{ topic: "t", revision: "1", sourceId: "window:a" }]);
    expect(() => hub.bump(" ", 1)).toThrow(/topic/);
  });
});
