import { render } from "lit";
import { describe, expect, it, vi } from "vitest";
import { CodeColours } from "../../../src/features/sessions/code_colours.ts";
import { actOnFrame } from "../../../src/features/sessions/code_frame.ts";
import { readSaid } from "../../../src/features/sessions/said_pieces.ts";
import { renderSaid } from "../../../src/features/sessions/said_view.ts";

/** What a reader opened in a conversation, and the conversation drawn anew with it. */
class Reader {
  readonly #opened = new Set<string>();

  draw(content: string): HTMLElement {
    const element = document.createElement("div");
    const message = { id: "m1", content, at: "" };
    const type = { colours: new CodeColours(), math: { show: () => undefined } };
    const opened = { has: (key: string) => this.#opened.has(key), toggle: () => undefined };
    render(renderSaid(message, { sessionId: "s1", now: 0, isLive: true, opened, type }), element);
    return element;
  }

  press(element: Element, step: string): void {
    const pressed = element.querySelector<HTMLButtonElement>(`[data-code=${step}]`);
    if (!pressed) throw new Error(`there is no button "${step}"`);
    expect(actOnFrame(pressed, () => undefined, this.#opened)).toBe(true);
  }
}

const lines = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at}`).join("\n");

describe("what a person said", () => {
  it("is split at its fences", () => {
    expect(readSaid("Look:\n\n```py\nx = 1\n```\nand `this`\n~~~~\n```\n~~~~")).toEqual([
      { text: "Look:" },
      { text: "x = 1", language: "py" },
      { text: "and `this`" },
      { text: "```", language: "" },
    ]);
  });

  it.each(["", "two\n\nlines ", "```py\nnever closed", "a ``` b ```", "```a``` b"])(
    "is words: %j",
    (content) => {
      expect(readSaid(content)).toEqual(content ? [{ text: content }] : []);
    },
  );

  it("shows its code in frames, in colours, and no marks of a fence", async () => {
    const element = new Reader().draw("Look:\n```py\ndef f(): return '<b>'\n```");
    expect(element.querySelector(".words")?.textContent).not.toContain("```");
    expect(element.querySelector("figcaption")?.textContent).toContain("py");
    expect(element.querySelector("b")).toBeNull();
    await vi.waitFor(() => expect(element.querySelector(".hljs-keyword")?.textContent).toBe("def"));
  });

  it("is folded when it is long, whole for those who look for something in it, and stays open", () => {
    const reader = new Reader();
    expect(reader.draw(lines(20)).querySelector(".folded")).toBeNull();
    const first = reader.draw(lines(400));
    expect(first.querySelector(".folded .text")?.textContent).toContain("line 399");
    expect(first.querySelector("[data-code=unfold]")?.textContent).toBe("Show all 400 lines");
    reader.press(first, "unfold");
    expect(first.querySelector(".folded")).toBeNull();
    expect(reader.draw(lines(400)).querySelector(".folded")).toBeNull();
  });

  it("is folded when it is one line without an end", () => {
    const element = new Reader().draw("word ".repeat(2_000));
    expect(element.querySelector("[data-code=unfold]")?.textContent).toBe("Show all");
  });

  it("keeps what was chosen for each of its frames", () => {
    const reader = new Reader();
    const content = `\`\`\`\n${lines(60)}\n\`\`\`\n\`\`\`\n${lines(70)}\n\`\`\``;
    const first = reader.draw(content);
    reader.press(first, "unfold");
    reader.press(first, "wrap");
    const [one, other] = reader.draw(content).querySelectorAll("figure");
    expect(one?.className).toBe("wrapped");
    expect(one?.querySelector("[data-code=wrap]")?.ariaPressed).toBe("true");
    expect(other?.className).toBe("folded");
  });
});
