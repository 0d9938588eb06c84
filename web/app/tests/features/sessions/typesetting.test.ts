import { beforeEach, describe, expect, it, vi } from "vitest";
import { CodeColours } from "../../../src/features/sessions/code_colours.ts";
import { actOnFrame } from "../../../src/features/sessions/code_frame.ts";
import { readBlocks, renderBlocks } from "../../../src/features/sessions/markdown.ts";
import { MarkdownView } from "../../../src/features/sessions/markdown_view.ts";
import { MathView } from "../../../src/features/sessions/math_view.ts";

beforeEach(() => {
  // jsdom has no fonts: loading one is all that is replaced.
  vi.stubGlobal(
    "FontFace",
    class {
      load = async (): Promise<unknown> => this;
    },
  );
  Object.defineProperty(document, "fonts", { value: new Set(), configurable: true });
});

function show(text: string, isComplete = true): HTMLElement {
  const element = document.createElement("div");
  new MarkdownView(element, { colours: new CodeColours(), math: new MathView() }).show(text, isComplete);
  return element;
}

describe("code", () => {
  it("is coloured once its grammar is there, and stays the text it was", async () => {
    const element = show("```py\ndef f(): return '<b>'\n```");
    await vi.waitFor(() => expect(element.querySelector(".hljs-keyword")?.textContent).toBe("def"));
    expect(element.querySelector("code")?.textContent).toBe("def f(): return '<b>'");
    expect(element.querySelector("b")).toBeNull();
  });

  it("stays plain in a language nobody knows", () => {
    expect(show("```constructor\nx\n```").querySelector("code")?.innerHTML).toBe("x");
  });

  it("is folded when it is long and was not watched growing", () => {
    const long = `\`\`\`\n${"line\n".repeat(40)}\`\`\``;
    const folded = show(long).querySelector("figure");
    expect(folded?.classList).toContain("folded");
    const unfold = folded?.querySelector<HTMLButtonElement>('[data-code="unfold"]');
    const opened = new Set<string>();
    if (unfold) expect(actOnFrame(unfold, () => undefined, opened)).toBe(true);
    expect(folded?.classList).not.toContain("folded");
    expect(show(long, false).querySelector("figure")?.classList).not.toContain("folded");
    const again = document.createElement("div");
    new MarkdownView(again, { colours: new CodeColours(), math: new MathView() }, { key: "", opened }).show(
      long,
      true,
    );
    expect(again.querySelector("figure")?.classList).not.toContain("folded");
  });
});

describe("a formula", () => {
  it.each(["$a^2$", "\\(a^2\\)"])("is set: %j", async (text) => {
    const element = show(text);
    await vi.waitFor(() => expect(element.querySelector("math msup")).not.toBeNull());
  });

  // jsdom's MathML elements have no `style`, so that a formula on its own is set in a real browser only.
  it.each(["$$a^2$$", "\\[a^2\\]", "text\n$$\na^2\n$$\n"])("stands on its own: %j", (text) => {
    const element = document.createElement("div");
    element.append(renderBlocks(readBlocks(text)));
    expect(element.querySelector('[data-math="display"]')?.textContent).toBe("a^2");
  });

  it.each(["It costs $5 and then $10.", "`$a$`", "a $ b $ c"])("is not made of %j", (text) => {
    expect(show(text).querySelector("[data-math]")).toBeNull();
  });

  it("that is none stays as it was written", async () => {
    const element = show("$a^2$ and $\\nonsense{x}$");
    await vi.waitFor(() => expect(element.querySelector("math")).not.toBeNull());
    expect(element.querySelector("[data-math]")?.textContent).toBe("\\nonsense{x}");
  });

  it.each([
    "\\href{javascript:alert(1)}{x}",
    "\\includegraphics{https://evil.example/p.png}",
    "\\style{background:url(https://evil.example)}{x}",
    "\\class{evil}{x}",
    "\\text{<img src=x onerror=alert(1)>}",
  ])("can do nothing else: %s", async (source) => {
    const element = show(`$a^2$ and $${source}$`);
    await vi.waitFor(() => expect(element.querySelector("math")).not.toBeNull());
    expect(element.querySelector("a, img, [href], [src], [onerror], .evil")).toBeNull();
    expect(element.querySelector("[style*=url]")).toBeNull();
  });
});
