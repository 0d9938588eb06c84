import { signal } from "@preact/signals-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sendLeftMessages } from "../../../src/features/sessions/left_messages.ts";
import type { Route } from "../../../src/state/router.ts";
import { settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";

const state = signal<{ readonly kind: string }>({ kind: "offline" });
const route = signal<Route>({ name: "new" } as Route);
let texts: MemoryTexts;
let sent: [string, string][];
let stop: () => void;

function leave(id: string, content: string): void {
  texts.set(`outbox.${id}`, JSON.stringify([{ clientToken: `token-${id}`, content }]));
}

beforeEach(() => {
  vi.useFakeTimers();
  texts = new MemoryTexts();
  sent = [];
  vi.stubGlobal("fetch", async (url: string, { body }: RequestInit) => {
    const { content } = JSON.parse(String(body)) as { content: string };
    sent.push([url.split("/").at(-2) ?? "", content]);
    return new Response("{}", { status: 202, headers: { "content-type": "application/json" } });
  });
  leave("garden", "plant peas");
  leave("open", "water them");
  route.value = { name: "session", id: "open" } as Route;
  state.value = { kind: "offline" };
  stop = sendLeftMessages({ connection: { state }, texts, router: { route } } as unknown as Parameters<
    typeof sendLeftMessages
  >[0]);
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("what was written in a session that was left", () => {
  it("is sent when the hub is back, but for the session that is open", async () => {
    expect(sent).toEqual([]);
    state.value = { kind: "live" };
    await settle();
    expect(sent).toEqual([["garden", "plant peas"]]);
    expect(texts.keys("outbox.")).toEqual(["outbox.open"]);
  });

  it("is sent as soon as the session is left", async () => {
    state.value = { kind: "live" };
    await settle();
    route.value = { name: "new" } as Route;
    await settle();
    expect(sent.at(-1)).toEqual(["open", "water them"]);
    expect(texts.keys("outbox.")).toEqual([]);
  });
});
