import { signal } from "@preact/signals-core";
import { afterEach, expect, it, vi } from "vitest";
import { watchPageVersion } from "../../src/shell/page_version.ts";
import type { Hub } from "../../src/state/hub.ts";

afterEach(() => vi.unstubAllGlobals());

/** As much of a hub as is looked at: whether it is there, and what was said. */
function hubThatSays(): { hub: Hub; live: { value: boolean }; said: string[] } {
  const live = signal(true);
  const said: string[] = [];
  const hub = {
    get isLive() {
      return live.value;
    },
    notices: { keep: (text: string) => said.push(text) },
  };
  return { hub: hub as unknown as Hub, live, said };
}

function serving(...bodies: (() => Promise<string>)[]): { asked: number } {
  const state = { asked: 0 };
  vi.stubGlobal("fetch", async () => {
    const text = bodies[state.asked];
    state.asked += 1;
    return { ok: true, text };
  });
  return state;
}

it("says once that another build is served", async () => {
  const { hub, live, said } = hubThatSays();
  serving(
    async () => "/assets/index-own.js",
    async () => "/assets/index-new.js",
    async () => "/assets/index-new.js",
  );
  const end = watchPageVersion(hub, "/assets/index-own.js");
  for (let connection = 0; connection < 2; connection += 1) {
    live.value = false;
    live.value = true;
  }
  await vi.waitFor(() => expect(said).toHaveLength(1));
  end();
});

it("looks again at the next connection when the hub goes away in the middle of its answer", async () => {
  const { hub, live, said } = hubThatSays();
  const state = serving(
    () => Promise.reject(new TypeError("Failed to fetch")),
    async () => "/assets/index-new.js",
  );
  const end = watchPageVersion(hub, "/assets/index-own.js");
  await vi.waitFor(() => expect(state.asked).toBe(1));
  live.value = false;
  live.value = true;
  await vi.waitFor(() => expect(said).toHaveLength(1));
  end();
});
