import { createInMemoryHub } from "@atrium/state-sync";
import { type Json, loadScenarios, runScenario, type SyncTransport } from "@atrium/state-sync/testing";
import { describe, expect, it } from "vitest";
import contract from "../../../../contracts/sync/scenarios.json";
import { createBroadcastFollower, createBroadcastSource } from "../src/index";

let channels = 0;

/** Tabs on one channel: each window has an end of its own, the source too. */
function createTransport(): SyncTransport {
  channels += 1;
  const name = `test-${channels}`;
  const hub = createInMemoryHub<Json>();
  const open: BroadcastChannel[] = [];
  const channel = () => {
    const opened = new BroadcastChannel(name);
    open.push(opened);
    return opened;
  };
  const serve = () => createBroadcastSource(channel(), (topic) => hub.provider(topic).getSnapshot());
  hub.bump("barrier", null);
  let source = serve();
  const follower = createBroadcastFollower(channel());
  const windows = [follower];
  return {
    bump: async (topic, data) => hub.bump(topic, data),
    emit: async (payload) => source.announce(payload as Parameters<typeof source.announce>[0]),
    subscriber: () => {
      const window = createBroadcastFollower(channel());
      windows.push(window);
      return window.subscriber();
    },
    provider: (topic) => follower.provider<Json>(topic),
    // A channel keeps the order of what one end sends: the answer comes after what was announced before it.
    settle: async () => {
      await Promise.all(windows.map((window) => window.provider("barrier").getSnapshot()));
    },
    close: async () => {
      for (const one of open) one.close();
    },
    restart: async () => {
      source.close();
      source = serve();
    },
  };
}

describe("the contract, between tabs", () => {
  for (const scenario of loadScenarios(contract as unknown as Parameters<typeof loadScenarios>[0])) {
    it(`${scenario.id}: ${scenario.title}`, async () => {
      await runScenario(scenario, createTransport());
    });
  }
});

describe("a follower", () => {
  it("hears why the source has no snapshot, and does not wait for ever when it is closed", async () => {
    const [here, there] = [new BroadcastChannel("alone"), new BroadcastChannel("alone")];
    const source = createBroadcastSource(here, () => Promise.reject(new Error("not yet")));
    const follower = createBroadcastFollower(there);
    await expect(follower.provider("notes").getSnapshot()).rejects.toThrow("not yet");
    source.close();
    const asked = follower.provider("notes").getSnapshot();
    follower.close();
    await expect(asked).rejects.toThrow("closed");
    here.close();
    there.close();
  });

  it("ignores what others send over the channel", async () => {
    const [here, there] = [new BroadcastChannel("shared"), new BroadcastChannel("shared")];
    const source = createBroadcastSource(here, () => createInMemoryHub().provider("x").getSnapshot());
    const follower = createBroadcastFollower(there);
    const events: unknown[] = [];
    const end = await follower.subscriber().subscribe((event) => events.push(event));
    for (const message of [null, 7, "text", {}, { kind: "other" }]) here.postMessage(message);
    await expect(follower.provider("x").getSnapshot()).rejects.toThrow();
    expect(events).toEqual([]);
    end();
    source.close();
    here.close();
    there.close();
  });
});
