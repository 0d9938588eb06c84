import { describe, expect, it } from "vitest";
import type { Approval, ShownAct } from "../../../src/api/approvals.ts";
import {
  changesOf,
  folderPattern,
  otherArguments,
  timeLeft,
} from "../../../src/features/approvals/act_text.ts";

function act(more: Partial<ShownAct>): ShownAct {
  return {
    tool: "edit",
    command: null,
    arguments: {},
    cwd: null,
    env: [],
    files: [],
    paths: [],
    warnings: [],
    ...more,
  };
}

function asking(...paths: string[]): Approval {
  return { act: act({ paths }) } as unknown as Approval;
}

describe("the folder to allow for a session", () => {
  it.each([
    [["/home/ann/notes/a.md"], "/home/ann/notes/**"],
    [["/home/ann/notes/a.md", "/home/ann/notes/deep/b.md"], "/home/ann/notes/**"],
    [["/home/ann/notes/a.md", "/home/ann/other/b.md"], "/home/ann/**"],
    [["/home/ann/notes/a.md", "/home/ann/notes-private/b.md"], "/home/ann/**"],
    [["/a.md"], undefined],
    [["/home/a.md", "/etc/passwd"], undefined],
    [[], undefined],
  ])("of %j is %s", (paths, pattern) => {
    expect(folderPattern(asking(...paths))).toBe(pattern);
  });
});

describe("what an act is given", () => {
  it("is shown once", () => {
    const given = { command: "rm -r build", cwd: "/home", timeout: 5, changes: [] };
    expect(otherArguments(act({ command: "sh -c 'rm -r build'", arguments: given }))).toBe(
      '{\n  "timeout": 5\n}',
    );
    expect(otherArguments(act({ arguments: { changes: [{}] } }))).toBe("");
    expect(otherArguments(act({ arguments: { path: "/a" }, paths: ["/a"] }))).toBe("");
    expect(otherArguments(act({ arguments: { changes: "rm" } }))).toContain("rm");
    expect(otherArguments(act({ arguments: { changes: [{ path: "/a", mode: 777 }] } }))).toContain("777");
  });

  it("is a change of files where it says so", () => {
    const changes = [{ path: "/a", oldText: null, newText: "new" }, "not one"];
    expect(changesOf(act({ arguments: { changes } }))).toEqual([{ path: "/a", oldText: "", newText: "new" }]);
    expect(changesOf(act({ arguments: { changes: "none" } }))).toEqual([]);
  });
});

describe("the time left", () => {
  it.each([
    ["2026-11-21T10:05:05.000Z", "5:05"],
    ["2026-11-21T10:00:00.400Z", "0:01"],
    ["2026-11-21T09:00:00.000Z", "0:00"],
  ])("until %s is %s", (until, left) => {
    expect(timeLeft(until, Date.parse("2026-11-21T10:00:00.000Z"))).toBe(left);
  });
});
