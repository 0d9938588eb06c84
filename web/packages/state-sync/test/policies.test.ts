import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createInMemoryHub,
  createRevisionSync,
  ProtocolError,
  type Revision,
  type SnapshotEnvelope,
  SnapshotTimeout,
  type SyncErrorContext,
  withRetry,
  withTimeout,
} from "../src/index";

const SNAPSHOT: SnapshotEnvelope<string> = { revision: "1" as Revision, data: "one" };

/** A provider that fails as often as it is told, then answers. */
function failing(times: number, error: unknown = new Error("no network")) {
  const calls = { count: 0 };
  const provider = {
    getSnapshot: async () => {
      calls.count += 1;
      if (calls.count <= times) throw error;
      return SNAPSHOT;
    },
  };
  return { provider, calls };
}

describe("withRetry", () => {
  it("answers at once when nothing fails", async () => {
    const { provider, calls } = failing(0);
    expect(await withRetry(provider).getSnapshot()).toBe(SNAPSHOT);
    expect(calls.count).toBe(1);
  });

  it("tells of each failed attempt and what comes next", async () => {
    const contexts: SyncErrorContext[] = [];
    const { provider } = failing(9);
    const wrapped = withRetry(
      provider,
      {},
      { onError: (context) => contexts.push(context), random: () => 0, sleep: async () => undefined },
    );
    await expect(wrapped.getSnapshot()).rejects.toThrow("no network");
    expect(contexts.map(({ error, ...rest }) => rest)).toEqual([
      { phase: "getSnapshot", attempt: 1, willRetry: true, nextDelayMs: 50 },
      { phase: "getSnapshot", attempt: 2, willRetry: true, nextDelayMs: 100 },
      { phase: "getSnapshot", attempt: 3, willRetry: false },
    ]);
  });

  it("asks shouldRetry, and does not retry protocol errors by default", async () => {
    const picky = failing(9);
    const policy = { shouldRetry: () => false };
    await expect(withRetry(picky.provider, policy).getSnapshot()).rejects.toThrow("no network");
    expect(picky.calls.count).toBe(1);
    const malformed = failing(9, new ProtocolError("bad"));
    await expect(withRetry(malformed.provider).getSnapshot()).rejects.toThrow("bad");
    expect(malformed.calls.count).toBe(1);
  });

  it("declines a policy that makes no sense", () => {
    const { provider } = failing(0);
    expect(() => withRetry(provider, { maxAttempts: 0 })).toThrow(/maxAttempts is 0/);
    expect(() => withRetry(provider, { baseDelayMs: -1 })).toThrow(/baseDelayMs is -1/);
    expect(() => withRetry(provider, { maxDelayMs: Number.NaN })).toThrow(/maxDelayMs is NaN/);
  });

  it("stays coalescing: events during the retries cost one more snapshot", async () => {
    const hub = createInMemoryHub<string>();
    hub.bump("t", "one");
    let offline = false;
    let fetches = 0;
    const inner = hub.provider("t");
    const sleeps: (() => void)[] = [];
    const provider = withRetry(
      {
        getSnapshot: async () => {
          fetches += 1;
          if (offline) throw new Error("offline");
          return inner.getSnapshot();
        },
      },
      {},
      { sleep: () => new Promise((resolve) => sleeps.push(resolve)) },
    );
    const applied: string[] = [];
    const sync = createRevisionSync({
      topic: "t",
      subscriber: hub.subscriber(),
      provider,
      applier: { apply: ({ revision }) => void applied.push(revision) },
    });
    await sync.start();
    offline = true;
    hub.publish("t", "two");
    await vi.waitFor(() => expect(sleeps).toHaveLength(1));
    hub.publish("t", "three");
    hub.publish("t", "four");
    offline = false;
    sleeps[0]?.();
    await vi.waitFor(() => expect(sync.getLocalRevision()).toBe("4"));
    expect(applied).toEqual(["1", "4"]);
    expect(fetches).toBe(3);
    sync.stop();
  });
});

describe("withTimeout", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("passes on what comes in time and leaves no timer behind", async () => {
    expect(await withTimeout(failing(0).provider, 1000).getSnapshot()).toBe(SNAPSHOT);
    await expect(withTimeout(failing(1).provider, 1000).getSnapshot()).rejects.toThrow("no network");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects when it is late and discards what arrives then", async () => {
    let answer: (snapshot: SnapshotEnvelope<string>) => void = () => undefined;
    const provider = { getSnapshot: () => new Promise<typeof SNAPSHOT>((resolve) => (answer = resolve)) };
    const fetch = withTimeout(provider, 1000).getSnapshot();
    const outcome = expect(fetch).rejects.toThrow(SnapshotTimeout);
    await vi.advanceTimersByTimeAsync(1000);
    await outcome;
    answer(SNAPSHOT);
    await expect(fetch).rejects.toThrow("did not arrive within 1000 ms");
  });

  it("rejects when the provider throws at once", async () => {
    const provider = {
      getSnapshot: (): Promise<typeof SNAPSHOT> => {
        throw new Error("at once");
      },
    };
    await expect(withTimeout(provider, 1000).getSnapshot()).rejects.toThrow("at once");
  });

  it("declines a timeout that makes no sense", () => {
    expect(() => withTimeout(failing(0).provider, 0)).toThrow(/ms is 0/);
    expect(() => withTimeout(failing(0).provider, Number.POSITIVE_INFINITY)).toThrow(/ms is Infinity/);
  });
});
