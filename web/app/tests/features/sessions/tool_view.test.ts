import { render } from "lit";
import { describe, expect, it, vi } from "vitest";
import type { ToolCall } from "../../../src/features/sessions/conversation.ts";
import { diffOf, readPatch } from "../../../src/features/sessions/diff_view.ts";
import { kindOf, objectOf } from "../../../src/features/sessions/tool_kinds.ts";
import {
  type Opened,
  renderPlan,
  renderTools,
  type Unfinished,
} from "../../../src/features/sessions/tool_view.ts";

function tool(name: string, input: unknown, more: Partial<ToolCall> = {}): ToolCall {
  return {
    kind: "tool",
    id: `${name}-1`,
    name,
    status: "completed",
    isFinished: true,
    arguments: input,
    ...more,
  };
}

const ALL: Opened = { has: () => true, toggle: () => undefined };
const NONE: Opened = { has: () => false, toggle: () => undefined };

function shown(
  tools: readonly ToolCall[],
  opened: Opened,
  standing: Unfinished = "notFinished",
): HTMLElement {
  const element = document.createElement("div");
  render(
    renderTools(tools, () => standing, opened),
    element,
  );
  return element;
}

describe("a tool", () => {
  it.each([
    ["Read", { file_path: "a.py" }, "read", "a.py"],
    ["Grep", { path: "src", pattern: "def \\w+" }, "search", "def \\w+"],
    ["apply_patch", { patch: "*** Begin Patch" }, "edit", "patch: *** Begin Patch"],
    ["execute", { command: ["ls", "-l"] }, "run", "ls -l"],
    ["weather", { place: "Tbilisi" }, "other", "place: Tbilisi"],
    ["anything", { command: "ls" }, "run", "ls"],
  ])("is told by its name and input: %s", (name, input, kind, object) => {
    expect(kindOf(tool(name, input))).toBe(kind);
    expect(objectOf(tool(name, input))).toBe(object);
  });

  it("shares a line with those of its kind", () => {
    const reads = ["a", "b", "c"].map((id) => tool("Read", { path: id }, { id, durationMs: 130 }));
    expect(shown(reads, NONE).querySelector("summary")?.textContent).toMatch(/^Read 3 files\s*0\.4 s/);
    expect(shown(reads, ALL).querySelectorAll('[data-testid="tool-call"]')).toHaveLength(3);
  });

  it("shows a command with what it said, without what steers terminals", () => {
    const command = tool(
      "Bash",
      { command: "ls" },
      { output: "\u001b[31mred\u001b[0m \u001b]0;title\u0007end" },
    );
    expect(shown([command], ALL).querySelector("pre")?.textContent).toBe("$ ls\nred end");
  });

  it("shows JSON as a tree and a plan as its steps", () => {
    const json = shown([tool("weather", {}, { output: '{"days":[1,2],"none":null}' })], ALL);
    expect([...json.querySelectorAll(".json-name")].map((name) => name.textContent)).toEqual([
      "days",
      "1",
      "2",
      "none",
    ]);
    const todos = [
      { content: "One", status: "completed" },
      { content: "Two", status: "pending" },
    ];
    const written = tool("TodoWrite", { todos });
    expect(shown([written], NONE).querySelector("summary")?.textContent).toContain("1 of 2 done");
    expect(shown([written], NONE).querySelectorAll("li")).toHaveLength(0);
    expect(shown([written], ALL).querySelectorAll("li.done")).toHaveLength(1);
    const live = document.createElement("div");
    render(renderPlan(written), live);
    expect(live.querySelector(".plan-head")?.textContent).toContain("1 of 2 done");
    expect(live.querySelectorAll("li")).toHaveLength(2);
  });

  it("shows a replacement as a diff", async () => {
    const edit = tool("Edit", { file_path: "a.py", old_string: "a\nb\n", new_string: "a\nc\n" });
    expect(await diffOf(edit)).toEqual([{ name: "a.py", lines: [" a", "-b", "+c"] }]);
    const element = shown([edit], ALL);
    await vi.waitFor(() => expect(element.querySelectorAll(".diff-line.added")).toHaveLength(1));
  });

  it("says what failed, and that what did not end did not end", () => {
    const failed = tool("Bash", { command: "x" }, { status: "failed" });
    expect(shown([failed], NONE).querySelector(".danger")?.textContent).toBe("failed");
    expect(shown([{ ...failed, isFinished: false }], NONE).textContent).toContain("not finished");
    const unfinished = { ...failed, isFinished: false };
    expect(shown([unfinished], NONE, "running").textContent).toContain("running");
    expect(shown([unfinished], NONE, "waitsForAnswer").textContent).toContain("waits for your answer");
  });

  it("keeps hostile names, inputs and outputs as text", () => {
    const html = "<img src=x onerror=alert(1)>";
    const element = shown(
      [tool(html, { [html]: html, deep: { a: [html] } }, { output: `["${html}"]` })],
      ALL,
    );
    expect(element.querySelector("img")).toBeNull();
    expect(element.textContent).toContain(html);
  });
});

describe("a patch", () => {
  it("is read file by file", () => {
    const git = "diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
    expect(readPatch(git)).toEqual([{ name: "x", lines: ["@@ -1 +1 @@", "-a", "+b"] }]);
    const own = "*** Begin Patch\n*** Update File: y\n@@\n-a\n+b\n*** End Patch";
    expect(readPatch(own)).toEqual([{ name: "y", lines: ["@@", "-a", "+b"] }]);
  });
});
