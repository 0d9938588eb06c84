import { describe, expect, it } from "vitest";
import {
  createInMemoryHub,
  createRevisionSync,
  type InvalidationEvent,
  ProtocolError,
  type Revision,
  type SyncErrorContext,
} from "../src/index";

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

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

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

  it("does not hear a transport that does not unsubscribe", async () => {
    const handlers: ((event: InvalidationEvent) => void)[] = [];
    const subscriber = {
      subscribe: async (handler: (event: InvalidationEvent) => void) => {
        handlers.push(handler);
        return () => undefined;
      },
    };
    const { applied, errors, sync } = setUp({ subscriber });
    await sync.start();
    sync.stop();
    handlers[0]?.({ topic: "t", revision: "01" as Revision });
    handlers[0]?.({ topic: "t", revision: "99" as Revision });
    await turn();
    expect([applied, errors]).toEqual([["one"], []]);
  });

  it("does not report a subscription that fails after stop", async () => {
    let decline: (error: Error) => void = () => undefined;
    const subscribe = () =>
      new Promise<never>((_, reject) => {
        decline = reject;
      });
    const { errors, sync } = setUp({ subscriber: { subscribe } });
    const starting = sync.start();
    sync.stop();
    await starting;
    decline(new Error("late"));
    await turn();
    expect(errors).toEqual([]);
  });

  it("forgets an event whose filter stopped it", async () => {
    const fetches: string[] = [];
    const { hub, sync } = setUp({
      shouldRefresh: () => {
        sync.stop();
        return true;
      },
      provider: {
        getSnapshot: async () => {
          fetches.push(hub.revision("t"));
          return { revision: hub.revision("t"), data: "one" };
        },
      },
    });
    await sync.start();
    hub.emit({ topic: "t", revision: "99" });
    await sync.start();
    await turn();
    expect(fetches).toEqual(["1", "1"]);
    sync.stop();
  });

  it("leaves the next run alone when a fetch of the run before lands, or a start is stopped while it waits", async () => {
    const landings: (() => void)[] = [];
    const { hub, applied, sync } = setUp({
      provider: {
        getSnapshot: () =>
          new Promise((resolve) => {
            landings.push(() => resolve({ revision: hub.revision("t"), data: "one" }));
          }),
      },
    });
    const pull = sync.refresh();
    const first = sync.start();
    await turn();
    sync.stop();
    await Promise.all([pull, first]);
    await turn();
    expect(landings).toHaveLength(1);
    const second = sync.start();
    await turn();
    landings[0]?.();
    await turn();
    const refreshing = sync.refresh();
    await turn();
    expect([landings.length, applied]).toEqual([2, []]);
    landings[1]?.();
    await Promise.all([second, refreshing]);
    expect(applied).toEqual(["one"]);
    sync.stop();
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
