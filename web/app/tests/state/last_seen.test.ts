import { beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../src/api/sessions.ts";
import { LastSeen, type SeenConversation } from "../../src/state/last_seen.ts";

/** The browser's caches, as far as they are used, in memory: jsdom has none. */
class MemoryCaches {
  readonly stores = new Map<string, Map<string, string>>();

  async open(name: string): Promise<unknown> {
    const store = this.stores.get(name) ?? new Map<string, string>();
    this.stores.set(name, store);
    return {
      put: async (key: string, response: Response): Promise<void> => {
        store.delete(key);
        store.set(key, await response.text());
      },
      keys: async () => [...store.keys()].map((key) => ({ url: `http://hub.example${key}` })),
      delete: async (key: string) => store.delete(key),
    };
  }

  async match(key: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    const kept = this.stores.get(cacheName)?.get(key);
    return kept === undefined ? undefined : new Response(kept);
  }

  async has(name: string): Promise<boolean> {
    return this.stores.has(name);
  }

  async delete(name: string): Promise<boolean> {
    return this.stores.delete(name);
  }
}

function conversation(id: string): SeenConversation {
  return { seenAt: 1, session: { id } as Session, messages: [] };
}

describe("what was last seen", () => {
  let caches: MemoryCaches;
  let lastSeen: LastSeen;

  beforeEach(() => {
    caches = new MemoryCaches();
    lastSeen = new LastSeen(caches as unknown as CacheStorage);
  });

  it("can be read again", async () => {
    await lastSeen.keepConversation(conversation("a"));
    await lastSeen.keepList({ seenAt: 2, sessions: [{ id: "a" } as Session] });
    expect(await lastSeen.conversation("a")).toEqual(conversation("a"));
    expect((await lastSeen.list())?.seenAt).toBe(2);
    expect(await lastSeen.conversation("b")).toBeUndefined();
  });

  it("is forgotten with its session", async () => {
    await lastSeen.keepConversation(conversation("deleted"));
    await lastSeen.keepList({ seenAt: 2, sessions: [] });
    expect(await lastSeen.conversation("deleted")).toBeUndefined();
  });

  it("is kept of the thirty conversations that were seen last", async () => {
    for (let number = 0; number < 32; number += 1)
      await lastSeen.keepConversation(conversation(`s${number}`));
    await lastSeen.keepConversation(conversation("s2"));
    expect(await lastSeen.conversation("s1")).toBeUndefined();
    expect(await lastSeen.conversation("s2")).toBeDefined();
    expect(await lastSeen.conversation("s31")).toBeDefined();
  });

  it("is gone at once when it is cleared, also what was being written", async () => {
    const writing = lastSeen.keepConversation(conversation("a"));
    await lastSeen.clear();
    await writing;
    expect(await lastSeen.conversation("a")).toBeUndefined();
  });

  it("is nothing where the browser has no store", async () => {
    const without = new LastSeen(undefined);
    await without.keepConversation(conversation("a"));
    expect(await without.conversation("a")).toBeUndefined();
    await without.clear();
  });
});
