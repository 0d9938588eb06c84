import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Sending } from "../../../src/api/messages.ts";
import { ApiProblem, readProblem, unreachable } from "../../../src/api/problem.ts";
import { Outbox } from "../../../src/features/sessions/outbox.ts";
import type { KeyedTexts } from "../../../src/state/keyed_texts.ts";
import { settle } from "../../fake_network.ts";
import { attachment } from "./image_fixture.ts";

let kept: Map<string, string>;
let sent: [string, string][];
let last: Sending | undefined;
let problem: unknown;
let outboxes: Outbox[];
let tokens: number;

beforeEach(() => {
  vi.useFakeTimers();
  kept = new Map();
  sent = [];
  last = undefined;
  problem = undefined;
  outboxes = [];
  tokens = 0;
});

afterEach(() => {
  for (const outbox of outboxes) outbox.close();
  vi.useRealTimers();
});

function open(isReachable = (): boolean => true): Outbox {
  const texts: KeyedTexts = {
    get: (key) => kept.get(key) ?? "",
    set: (key, text) => void kept.set(key, text),
    keys: () => [...kept.keys()],
  };
  const outbox = new Outbox("s1", {
    texts,
    isReachable,
    newToken: () => `token-${++tokens}`,
    send: async (content, sending) => {
      sent.push([content, sending.clientToken]);
      last = sending;
      if (problem) throw problem;
    },
  });
  outboxes.push(outbox);
  return outbox;
}

function statuses(outbox: Outbox): string[] {
  return outbox.items.value.map((item) => item.status);
}

describe("the outbox", () => {
  it("shows a message from the moment it is written until the stream shows it", async () => {
    const outbox = open();
    outbox.add("hello");
    expect(statuses(outbox)).toEqual(["sending"]);
    await settle();
    expect(statuses(outbox)).toEqual(["stored"]);

    outbox.settle(new Set(["token-1"]));
    expect(outbox.items.value).toEqual([]);
  });

  it("repeats a message under its own token, and keeps the order", async () => {
    problem = unreachable();
    const outbox = open();
    outbox.add("first");
    outbox.add("second");
    await settle();
    problem = undefined;
    await vi.advanceTimersByTimeAsync(3_000);

    expect(sent).toEqual([
      ["first", "token-1"],
      ["first", "token-1"],
      ["second", "token-2"],
    ]);
  });

  it("sends at once when the hub is back", async () => {
    problem = unreachable();
    const outbox = open();
    outbox.add("hello");
    await settle();
    problem = undefined;
    outbox.hurry();
    await settle();

    expect(statuses(outbox)).toEqual(["stored"]);
  });

  it("keeps what was not stored over a reload, under the same token", async () => {
    problem = unreachable();
    const before = open();
    before.add("hello");
    await settle();
    before.close();
    problem = undefined;
    sent = [];
    const after = open();
    after.hurry();
    await settle();

    expect(sent).toEqual([["hello", "token-1"]]);
    expect(kept.get("outbox.s1")).toBe("");
  });

  it("tries nothing while the hub is away, so that it knows what can be taken back", async () => {
    let isAway = true;
    const outbox = open(() => !isAway);
    outbox.add("taken back");
    outbox.add("kept", { draftRevision: "17" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toEqual([]);
    expect(outbox.items.value.map((item) => item.wasTried)).toEqual([undefined, undefined]);
    expect(outbox.withdraw("token-1")?.content).toBe("taken back");

    isAway = false;
    problem = unreachable();
    outbox.hurry();
    await settle();
    expect(sent).toEqual([["kept", "token-2"]]);
    expect(outbox.items.value[0]?.wasTried).toBe(true);
    expect(last).toEqual({ clientToken: "token-2", draftRevision: "17" });
  });

  it("waits as long as a full hub asks for", async () => {
    problem = new ApiProblem(readProblem({ status: 429, retryAfter: 20 }));
    const outbox = open();
    outbox.add("hello");
    await vi.advanceTimersByTimeAsync(19_000);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(2);
  });

  it("gives a refused message back with the reason, and goes on with the next", async () => {
    const refusal = new ApiProblem(readProblem({ status: 422, detail: "content is too long" }));
    problem = refusal;
    const outbox = open();
    outbox.add("too long");
    await settle();
    problem = undefined;
    outbox.add("short");
    await settle();

    expect(statuses(outbox)).toEqual(["refused", "stored"]);
    expect(outbox.items.value[0]?.problem?.detail).toBe("content is too long");
    expect(outbox.withdraw("token-1")?.content).toBe("too long");
    expect(statuses(outbox)).toEqual(["stored"]);
  });

  it("keeps images over a reload, and sends what was refused for them without them", async () => {
    const attachments = [attachment("photo.jpg")];
    open(() => false).add("look", { attachments });
    problem = new ApiProblem(readProblem({ status: 409, code: "IMAGES_NOT_SUPPORTED" }));
    const outbox = open();
    outbox.hurry();
    await settle();
    expect(last).toEqual({ clientToken: "token-1", attachments });
    expect(statuses(outbox)).toEqual(["refused"]);

    problem = undefined;
    outbox.sendWithoutImages("token-1");
    await settle();
    expect(last).toEqual({ clientToken: "token-1" });
    expect(statuses(outbox)).toEqual(["stored"]);
  });

  it("starts empty when what was kept cannot be read", () => {
    kept.set("outbox.s1", '{"not": "a list"');
    expect(open().items.value).toEqual([]);
  });
});
