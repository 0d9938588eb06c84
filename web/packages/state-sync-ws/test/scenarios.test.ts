import { type Json, loadScenarios, runScenario, type SyncTransport } from "@atrium/state-sync/testing";
import { describe, it } from "vitest";
import contract from "../../../../contracts/sync/scenarios.json";
import { createHubConnection, type HubConnection } from "../src/index";
import { Hub, openSocket } from "./hub";

/** Windows, each with a connection of its own, at a hub on a real port. */
async function createTransport(): Promise<SyncTransport> {
  const hub = new Hub();
  await hub.start();
  const connections: HubConnection[] = [];
  const connect = () => {
    const reconnect = { baseDelayMs: 1, maxDelayMs: 5 };
    const connection = createHubConnection({ url: hub.url, openSocket, reconnect });
    connections.push(connection);
    return connection;
  };
  const here = connect();
  return {
    bump: async (topic, data: Json) => hub.source.bump(topic, data),
    emit: async (payload) => hub.broadcast("sync:invalidate", payload),
    subscriber: () => connect().subscriber("app-config", "auth-state"),
    provider: (topic) => here.provider<Json>(topic),
    settle: async () => {
      const open = connections.filter(({ state }) => state === "online");
      await Promise.all(open.map((connection) => connection.call("barrier")));
    },
    close: async () => {
      for (const connection of connections) connection.close();
      await hub.stop();
    },
    restart: async () => {
      const used = connections.filter(({ state }) => state === "online");
      const back = used.map(online);
      await hub.stop();
      await hub.start();
      await Promise.all(back);
    },
  };
}

/** Resolve when a connection has been lost and is there again. */
function online(connection: HubConnection): Promise<void> {
  return new Promise((resolve) => {
    const forget = connection.onState((state) => {
      if (state !== "online") return;
      forget();
      resolve();
    });
  });
}

describe("the contract, over WebSocket and HTTP", () => {
  for (const scenario of loadScenarios(contract as unknown as Parameters<typeof loadScenarios>[0])) {
    it(`${scenario.id}: ${scenario.title}`, async () => {
      await runScenario(scenario, await createTransport());
    });
  }
});
