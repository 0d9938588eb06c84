import { createInMemoryHub, parseTopic } from "@atrium/state-sync";
import { type Json, loadScenarios, runScenario, type SyncTransport } from "@atrium/state-sync/testing";
import { describe, expect, it } from "vitest";
import contract from "../../../../contracts/sync/scenarios.json";
import { createTauriSync, type TauriApi } from "../src/index";

/** The core of an app as its windows see it: exactly `listen`, `emit` and `invoke`; all travels as JSON, later. */
class FakeCore {
  readonly hub = createInMemoryHub<Json>();
  readonly handlers = new Map<string, Set<(event: { payload: unknown }) => void>>();
  private travelling: Promise<unknown> = Promise.resolve();

  readonly api: TauriApi = {
    listen: async (event, handler) => {
      await this.turn();
      const handlers = this.handlers.get(event) ?? new Set();
      this.handlers.set(event, handlers.add(handler));
      return () => void handlers.delete(handler);
    },
    emit: async (event, payload) => {
      await this.turn();
      const sent = JSON.stringify(payload);
      for (const handler of [...(this.handlers.get(event) ?? [])]) handler({ payload: JSON.parse(sent) });
    },
    invoke: async (command, { topic }) => {
      await this.turn();
      if (command !== "sync_snapshot") throw `command ${command} not found`;
      const snapshot = await this.hub.provider(parseTopic(topic)).getSnapshot();
      return JSON.parse(JSON.stringify(snapshot));
    },
  };

  /** Resolve when all that was sent before has arrived. */
  turn(): Promise<unknown> {
    this.travelling = this.travelling.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.travelling;
  }
}

function createTransport(): SyncTransport {
  const core = new FakeCore();
  const sync = createTauriSync(core.api);
  return {
    bump: async (topic, data) => core.hub.bump(topic, data),
    emit: (payload) => sync.announce(payload as Parameters<typeof sync.announce>[0]),
    subscriber: () => createTauriSync(core.api).subscriber(),
    provider: (topic) => sync.provider<Json>(topic),
    settle: async () => void (await core.turn()),
    close: async () => core.handlers.clear(),
  };
}

describe("the contract, between the windows of an app", () => {
  for (const scenario of loadScenarios(contract as unknown as Parameters<typeof loadScenarios>[0])) {
    it(`${scenario.id}: ${scenario.title}`, async () => {
      await runScenario(scenario, createTransport());
    });
  }
});

describe("a window", () => {
  it("uses the names it is given, and passes on what a command rejects with", async () => {
    const core = new FakeCore();
    const sync = createTauriSync(core.api, { event: "app:changed", command: "read" });
    const events: unknown[] = [];
    await sync.subscriber().subscribe((event) => events.push(event));
    const revision = core.hub.bump("notes", 1);
    await sync.announce({ topic: "notes", revision });
    expect(events).toEqual([{ topic: "notes", revision: "1" }]);
    await expect(sync.provider("notes").getSnapshot()).rejects.toBe("command read not found");
  });
});
