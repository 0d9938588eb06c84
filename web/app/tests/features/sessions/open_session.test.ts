import { effect } from "@preact/signals-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { textOf } from "../../../src/features/sessions/conversation.ts";
import { ImageTrays } from "../../../src/features/sessions/image_trays.ts";
import { OpenSession } from "../../../src/features/sessions/open_session.ts";
import { Hub } from "../../../src/state/hub.ts";
import { settle } from "../../fake_network.ts";
import { EntryWriter } from "./entries.ts";

let open: OpenSession;
let write: EntryWriter;

beforeEach(() => {
  vi.useFakeTimers();
  write = new EntryWriter();
  const hub = new Hub();
  open = new OpenSession("s1", hub, new ImageTrays(hub.texts), () => undefined);
});

afterEach(() => {
  open.stop();
  vi.useRealTimers();
});

async function arrive(kind: string, data: Record<string, unknown>): Promise<void> {
  open.feed.received(write.raw(kind, { turnId: "t1", messageId: "a1", role: "assistant", ...data }));
  await settle();
  await vi.advanceTimersToNextFrame();
}

function said(): string {
  const [part] = open.running.value?.parts ?? [];
  return part?.kind === "message" ? textOf(part) : "";
}

it("tells who shows what is around the conversation nothing while an answer grows", async () => {
  await arrive("message.added", { role: "user", messageId: "u1", content: "Tell me", clientToken: "c1" });
  await arrive("turn.started", {});
  const told: unknown[] = [];
  const end = effect(() => {
    const { title, isAnswering, isStopped, isGone, queued, blocker } = open;
    told.push([
      title,
      isAnswering.value,
      isStopped.value,
      isGone.value,
      queued.value.length,
      blocker.value,
      open.isRunning,
    ]);
  });
  await arrive("message.delta", { index: 0, content: "One" });
  expect(told.at(-1)).toEqual(["", true, false, false, 0, "running", false]);
  const before = told.length;

  for (let index = 1; index < 6; index += 1) await arrive("message.delta", { index, content: " more" });
  expect(said()).toBe("One more more more more more");
  expect(told).toHaveLength(before);

  await arrive("turn.completed", {});
  expect(told.at(-1)).toEqual(["", false, false, false, 0, undefined, false]);
  end();
});
