import { signal } from "@preact/signals-core";
import { describe, expect, it } from "vitest";
import { EMPTY_CONVERSATION, type Turn } from "../../../src/features/sessions/conversation.ts";
import { ConversationFind } from "../../../src/features/sessions/conversation_find.ts";
import { Finder, indexOf, matchAt } from "../../../src/features/sessions/find.ts";
import { rangesOf } from "../../../src/features/sessions/find_marks.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { EntryWriter } from "./entries.ts";

const write = new EntryWriter();

function turns(): readonly Turn[] {
  return fold(EMPTY_CONVERSATION, [
    write.said("Where are the peas?", "t1"),
    write.turn("started", "t1"),
    write.completed("I wonder about **pea**s", "t1", "thinking"),
    write.entry("tool.called", {
      toolCallId: "c1",
      turnId: "t1",
      name: "Read",
      arguments: { path: "beds/peas.txt" },
      status: "running",
    }),
    write.completed("The **pe**as grow in the [north bed](https://example.org/peas). Peas!", "t1"),
    write.turn("completed", "t1"),
    write.said("Ёлки и ели", "t2"),
  ]).turns;
}

describe("finding", () => {
  it("counts in what was said, thought, done and answered, without case and marks of Markdown", () => {
    const { hits, total } = new Finder().find(turns(), "PEAS");

    expect(hits.map(({ piece, count }) => [piece, count])).toEqual([
      ["said", 1],
      ["tool-c1", 1],
      ["message-a-t1", 2],
    ]);
    expect(total).toBe(4);
  });

  it("takes ё for е, and finds nothing where nothing is asked", () => {
    expect(new Finder().find(turns(), "елки").total).toBe(1);
    expect(new Finder().find(turns(), "  ").total).toBe(0);
    expect(new Finder().find(turns(), "leeks").total).toBe(0);
  });

  it("counts what is shown of code that somebody said", () => {
    const said = fold(EMPTY_CONVERSATION, [write.said("```peas\npeas = 1\n```", "t1")]).turns;
    expect(new Finder().find(said, "peas").total).toBe(1);
  });

  it("numbers matches through all places, and knows where one is", () => {
    const findings = new Finder().find(turns(), "peas");
    const third = matchAt(findings, 3);

    expect(third).toMatchObject({ hit: { piece: "message-a-t1" }, nth: 1 });
    expect(third && indexOf(findings, third)).toBe(3);
    expect(matchAt(findings, 4)).toBeUndefined();
  });

  it("begins where the reader is, and goes round at the ends", () => {
    const shown = signal(turns());
    const find = new ConversationFind(shown);
    find.isOpen.value = true;
    find.search("peas", 1);
    expect(find.at.value).toBe(3);
    find.step(1);
    expect(find.at.value).toBe(0);
    find.step(-1);
    expect(find.at.value).toBe(3);

    shown.value = fold({ ...EMPTY_CONVERSATION, turns: shown.value }, [write.said("more peas", "t3")]).turns;
    expect(find.findings.value.total).toBe(5);
    expect(find.at.value).toBe(3);
    find.close();
    expect(find.findings.value.total).toBe(0);
  });
});

describe("the marks of what was found", () => {
  it("are where the text stands, across elements, but not on buttons", () => {
    document.body.innerHTML = "<p>The <b>pe</b>as</p><button>peas</button><p>Peas</p>";
    const ranges = rangesOf(document.body, "peas");

    expect(ranges.map((range) => range.toString())).toEqual(["peas", "Peas"]);
    expect(ranges[0]?.startContainer.textContent).toBe("pe");
  });

  it("stand right where a small letter is longer than its capital", () => {
    document.body.innerHTML = "<p>İİ peas</p>";
    expect(rangesOf(document.body, "peas").map((range) => range.toString())).toEqual(["peas"]);
  });
});
