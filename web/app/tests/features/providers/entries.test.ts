import { describe, expect, it } from "vitest";
import type { Install, Program } from "../../../src/api/programs.ts";
import type { Provider } from "../../../src/api/providers.ts";
import {
  conditionOf,
  type Entry,
  entriesOf,
  failureOf,
  hasEnded,
  shareOf,
  stepsOf,
} from "../../../src/features/providers/entries.ts";

const NOW = 1_000_000;
const FAILURE = { code: "NO_ROOM", detail: "free 3 MB" };
const ACTIVE: Provider = { id: "coder", name: "Coder", version: "1.0.0", status: "active" };
const PROGRAM: Program = {
  id: "coder",
  name: "Coder",
  about: "Does what a message says.",
  licence: "MIT",
  homepage: "https://example.org",
  package: "coder",
  version: "1.1.0",
  installed: null,
  current: false,
  size: 1000,
  variables: [],
  variablesSet: [],
};
const INSTALLED: Program = { ...PROGRAM, installed: "1.1.0", current: true };
const OLD: Program = { ...PROGRAM, installed: "1.0.0" };

function installOf(more: Partial<Install> = {}): Install {
  return {
    id: "coder",
    status: "running",
    version: "1.1.0",
    step: "check",
    done: 0,
    total: null,
    ...more,
  };
}

function entryOf(parts: Partial<Entry>): Entry {
  return { id: "coder", name: "Coder", quotas: [], isDefault: false, ...parts };
}

function look(parts: Partial<Entry>): { kind: string; steps: readonly string[] } {
  const entry = entryOf(parts);
  const condition = conditionOf(entry, NOW, NOW);
  return { kind: condition.kind, steps: stepsOf(entry, condition) };
}

describe("the entries", () => {
  it("are the providers in the hub's order, then the programs that are none yet", () => {
    const entries = entriesOf({
      providers: [{ ...ACTIVE, id: "local", name: "Local model" }, ACTIVE],
      programs: [{ ...PROGRAM, id: "other", name: "Other" }, INSTALLED],
      installs: new Map([["other", installOf({ id: "other" })]]),
      usage: [{ id: "local", quotas: [{ name: "requests", limit: 2, remaining: 1, resetsAt: null }] }],
      defaultId: "local",
    });
    expect(entries.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ["Local model", true],
      ["Coder", false],
      ["Other", false],
    ]);
    expect(entries.map(({ program, install, quotas }) => [!!program, !!install, quotas.length])).toEqual([
      [false, false, 1],
      [true, false, 0],
      [true, true, 0],
    ]);
  });
});

describe("a condition and its steps", () => {
  it.each<[string, Partial<Entry>, string, string[]]>([
    ["answers", { provider: ACTIVE, program: INSTALLED }, "ready", ["start"]],
    ["has an older version", { provider: ACTIVE, program: OLD }, "ready", ["update", "start"]],
    ["is being updated", { provider: ACTIVE, program: OLD, install: installOf() }, "ready", ["start"]],
    [
      "failed to be updated",
      { provider: ACTIVE, program: OLD, install: installOf({ status: "failed", error: FAILURE }) },
      "ready",
      ["start"],
    ],
    [
      "failed to be installed",
      { program: PROGRAM, install: installOf({ status: "failed", error: FAILURE }) },
      "notInstalled",
      [],
    ],
    ["is not installed", { program: PROGRAM }, "notInstalled", ["install"]],
    ["is being installed", { program: PROGRAM, install: installOf() }, "installing", []],
    ["is in no registry", { program: { ...PROGRAM, package: null } }, "notInstalled", ["get", "lookAgain"]],
    [
      "is to be had at no address",
      { program: { ...PROGRAM, package: null, homepage: "javascript:alert(1)" } },
      "notInstalled",
      ["lookAgain"],
    ],
    ["was installed a moment ago", { program: INSTALLED }, "ready", ["start"]],
    [
      "has no key",
      { provider: ACTIVE, program: { ...INSTALLED, variables: ["KEY", "OTHER"] } },
      "noKey",
      ["start"],
    ],
    [
      "has one of its keys",
      { provider: ACTIVE, program: { ...INSTALLED, variables: ["KEY", "OTHER"], variablesSet: ["OTHER"] } },
      "ready",
      ["start"],
    ],
    ["lacks a model", { provider: { ...ACTIVE, status: "notInstalled" } }, "notInstalled", ["lookAgain"]],
    ["cannot be used", { provider: { ...ACTIVE, status: "unavailable" } }, "unavailable", ["lookAgain"]],
    ["may try once", { provider: { ...ACTIVE, circuit: { state: "halfOpen" } } }, "probing", ["start"]],
  ])("of one that %s", (_, parts, kind, steps) => {
    expect(look(parts)).toEqual({ kind, steps });
  });

  it("say until when one is left alone, and that it may be tried when that is over", () => {
    const circuit = { state: "open", failures: 5, retryAfter: 60 } as const;
    const entry = entryOf({ provider: { ...ACTIVE, circuit } });
    expect(conditionOf(entry, NOW, NOW + 59_000)).toEqual({
      kind: "suspended",
      until: NOW + 60_000,
      failures: 5,
    });
    expect(conditionOf(entry, NOW, NOW + 60_000)).toEqual({ kind: "probing" });
  });
});

describe("an installation", () => {
  it("has failed until what was wanted is there", () => {
    const install = installOf({ status: "failed", error: FAILURE });
    expect(failureOf(entryOf({ program: PROGRAM, install }))).toEqual(FAILURE);
    expect(failureOf(entryOf({ program: OLD, install }))).toEqual(FAILURE);
    expect(failureOf(entryOf({ program: INSTALLED, install }))).toBeUndefined();
    expect(failureOf(entryOf({ program: PROGRAM, install: installOf() }))).toBeUndefined();
  });

  it("tells how far it is while it downloads and the size is known", () => {
    expect(shareOf(installOf({ step: "download", done: 250, total: 1000 }))).toBe(0.25);
    expect(shareOf(installOf({ step: "download", done: 250 }))).toBeUndefined();
    expect(shareOf(installOf({ step: "try", done: 1000, total: 1000 }))).toBeUndefined();
  });

  it("has ended when it runs no more, or is not told of any more", () => {
    const before = new Map([["coder", installOf()]]);
    expect(hasEnded(before, [installOf({ step: "download" })])).toBe(false);
    expect(hasEnded(before, [installOf({ status: "completed" })])).toBe(true);
    expect(hasEnded(before, [])).toBe(true);
    expect(hasEnded(new Map(), [])).toBe(false);
  });
});
