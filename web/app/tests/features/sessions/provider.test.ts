import { describe, expect, it } from "vitest";
import { readProblem } from "../../../src/api/problem.ts";
import { isReady, type Provider } from "../../../src/api/providers.ts";
import { EMPTY_CONVERSATION, type Turn } from "../../../src/features/sessions/conversation.ts";
import type { Entry } from "../../../src/features/sessions/entry.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { renderRetryAt } from "../../../src/features/sessions/provider_view.ts";
import { EntryWriter } from "./entries.ts";

const PROBLEM = { code: "PROVIDER_NETWORK", title: "No way", detail: "no route", status: 502, actions: [] };

function turnsOf(...entries: Entry[]): readonly Turn[] {
  return fold(EMPTY_CONVERSATION, entries).turns;
}

function retrying(write: EntryWriter): Entry {
  return write.entry("provider.retrying", {
    turnId: "t1",
    providerId: "one",
    attempt: 1,
    retryAt: "2030-01-01T00:00:04.000Z",
    problem: PROBLEM,
  });
}

function changed(write: EntryWriter, more: Record<string, unknown> = {}): Entry {
  return write.entry("provider.changed", {
    providerId: "two",
    before: "one",
    reason: "requested",
    messages: 6,
    kept: 2,
    ...more,
  });
}

describe("a provider that fails", () => {
  it("is said to be there again at a time, where it has named one", () => {
    const failed = { ...PROBLEM, timestamp: "2030-01-01T12:00:00.000Z", retryAfter: 5400 };
    const problem = readProblem(failed);
    expect(problem.retryAt).toBe(Date.parse("2030-01-01T13:30:00.000Z"));
    const now = Date.parse("2030-01-01T12:00:01.000Z");
    expect(renderRetryAt(problem, now)).toMatch(/^It can be asked again from \d\d:30\.$/);
    expect(renderRetryAt(problem, now + 5_400_000)).toBe("");
    expect(renderRetryAt(readProblem({ ...failed, timestamp: "long ago" }), now)).toBe("");
    expect(renderRetryAt(readProblem({ ...failed, retryAfter: 86_400 * 3 }), now)).toMatch(/Jan/);
  });

  it("is asked again, which is told until it answers", () => {
    const write = new EntryWriter();
    const begun = [write.said("hello"), write.turn("started", "t1", { providerId: "one" }), retrying(write)];
    expect(turnsOf(...begun)[0]?.retrying).toMatchObject({
      at: "2030-01-01T00:00:04.000Z",
      problem: { detail: "no route" },
    });
    expect(turnsOf(...begun, write.delta(0, "here"))[0]?.retrying).toBeUndefined();
    expect(turnsOf(...begun, write.turn("cancelled"))[0]?.retrying).toBeUndefined();
  });

  it("is followed by another in the same turn", () => {
    const write = new EntryWriter();
    const [turn] = turnsOf(
      write.said("hello"),
      write.turn("started", "t1", { providerId: "one" }),
      retrying(write),
      changed(write, { turnId: "t1", reason: "fallback", problem: PROBLEM }),
    );
    expect(turn?.retrying).toBeUndefined();
    expect(turn?.providerId).toBe("two");
    expect(turn?.changes).toMatchObject([
      { before: "one", kept: 2, messages: 6, problem: { code: "PROVIDER_NETWORK" } },
    ]);
  });

  it("is told of behind what was said when a person chose another between two turns", () => {
    const write = new EntryWriter();
    const turns = turnsOf(
      write.said("hello"),
      write.turn("started", "t1", { providerId: "one" }),
      write.completed("hi"),
      write.turn("completed"),
      changed(write, { by: "alice" }),
    );
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({ providerId: "one", changesAfter: [{ providerId: "two" }] });
  });

  it("is not offered while it is left alone", () => {
    const provider: Provider = { id: "one", name: "One", version: "1", status: "active" };
    expect(isReady(provider)).toBe(true);
    expect(isReady({ ...provider, circuit: { state: "open" } })).toBe(false);
    expect(isReady({ ...provider, circuit: { state: "halfOpen" } })).toBe(true);
    expect(isReady({ ...provider, status: "unavailable" })).toBe(false);
  });
});
