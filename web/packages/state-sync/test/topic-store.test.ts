import { describe, expect, it, vi } from "vitest";
import { createInMemoryHub, createTopicStore, type TopicStoreOptions } from "../src/index";

function prepare(options: Partial<TopicStoreOptions<string>> = {}) {
  const hub = createInMemoryHub<string>();
  const retries: { ms: number; go: () => void }[] = [];
  const store = createTopicStore<string>({
    topic: "notes",
    subscriber: hub.subscriber(),
    provider: hub.provider("notes"),
    timer: (ms, go) => {
      retries.push({ ms, go });
      return () => void retries.splice(0);
    },
    random: () => 0,
    ...options,
  });
  return { hub, store, retries };
}

const settled = (check: () => void) => vi.waitFor(check, { interval: 1 });

describe("a topic store", () => {
  it("follows while anybody listens, and keeps what it has", async () => {
    const { hub, store } = prepare();
    hub.bump("notes", "one");
    const heard = vi.fn();
    const ends = [store.subscribe(heard), store.subscribe(heard)];
    await settled(() => expect(store.getState()).toEqual({ data: "one", revision: "1", error: undefined }));
    expect(heard).toHaveBeenCalledTimes(2);
    hub.publish("notes", "two");
    await settled(() => expect(store.getState().data).toBe("two"));
    expect(hub.subscriptions).toBe(1);
    for (const end of [...ends, ...ends]) end();
    expect(hub.subscriptions).toBe(0);
    hub.publish("notes", "three");
    expect(store.getState().data).toBe("two");
    store.subscribe(heard);
    await settled(() => expect(store.getState().data).toBe("three"));
  });

  it("gives the same state until something changes", async () => {
    const { hub, store } = prepare();
    hub.bump("notes", "one");
    store.subscribe(() => undefined);
    await settled(() => expect(store.getState().data).toBe("one"));
    const before = store.getState();
    hub.announce("notes");
    await store.refresh();
    expect(store.getState()).toBe(before);
  });

  it("starts again until it succeeds, later each time", async () => {
    const { hub, store, retries } = prepare();
    store.subscribe(() => undefined);
    for (const count of [1, 2, 3]) {
      await settled(() => expect(retries).toHaveLength(count));
      if (count < 3) retries[count - 1]?.go();
    }
    expect(retries.map(({ ms }) => ms)).toEqual([50, 100, 200]);
    expect(store.getState().error?.phase).toBe("getSnapshot");
    hub.bump("notes", "one");
    retries[2]?.go();
    await settled(() => expect(store.getState()).toEqual({ data: "one", revision: "1", error: undefined }));
  });

  it("tries no more when nobody listens", async () => {
    const { store, retries } = prepare();
    const end = store.subscribe(() => undefined);
    await settled(() => expect(retries).toHaveLength(1));
    end();
    expect(retries).toEqual([]);
  });

  it("forgets an error when a refresh finds nothing newer", async () => {
    let broken = false;
    const { hub, store } = prepare({
      provider: {
        getSnapshot: async () => {
          if (broken) throw new Error("offline");
          return { revision: hub.revision("notes"), data: "one" };
        },
      },
    });
    hub.bump("notes", "one");
    store.subscribe(() => undefined);
    await settled(() => expect(store.getState().data).toBe("one"));
    broken = true;
    await store.refresh();
    expect(store.getState()).toMatchObject({ data: "one", error: { phase: "getSnapshot" } });
    broken = false;
    await store.refresh();
    expect(store.getState().error).toBeUndefined();
  });
});
