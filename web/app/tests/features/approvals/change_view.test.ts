import { describe, expect, it } from "vitest";
import { compared, folded } from "../../../src/features/approvals/change_view.ts";

const lines = (...numbers: number[]) => numbers.map((number) => `line ${number}\n`).join("");
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => from + place);

describe("a change", () => {
  it("shows what differs, not a file twice", async () => {
    const oldText = lines(...range(1, 50));
    const { stretches } = await compared({
      path: "/a",
      oldText,
      newText: oldText.replace("line 30\n", "new\n"),
    });
    expect(stretches.map(({ kind, lines }) => [kind, lines.length])).toEqual([
      ["same", 29],
      ["removed", 1],
      ["added", 1],
      ["same", 20],
    ]);
  });

  it("folds what stays, but never what changes", async () => {
    const kept = range(1, 20);
    const newText = `${lines(...kept)}${lines(...range(100, 900))}`;
    const { stretches } = await compared({ path: "/a", oldText: lines(...kept), newText });
    const [before = [], inside = [], after = []] = folded(stretches, 0);
    expect([before.length, inside.length, after]).toEqual([0, 17, ["line 18", "line 19", "line 20"]]);
    expect(folded(stretches, 1).map((some) => some.length)).toEqual([801, 0, 0]);
  });

  it("of a new file is all of it, and that of its last line's end is seen", async () => {
    const made = await compared({ path: "/a", oldText: "", newText: "one\n\ntwo" });
    expect(made.stretches).toEqual([{ kind: "added", lines: ["one", "", "two"] }]);
    const ended = await compared({ path: "/a", oldText: "one", newText: "one\n" });
    expect(ended.stretches.map(({ kind }) => kind)).toEqual(["removed", "added"]);
  });
});
