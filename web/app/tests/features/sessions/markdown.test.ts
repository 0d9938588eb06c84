import { describe, expect, it } from "vitest";
import { readBlocks, renderBlocks } from "../../../src/features/sessions/markdown.ts";
import { MarkdownView, type Typesetting } from "../../../src/features/sessions/markdown_view.ts";

const PLAIN: Typesetting = {
  colours: {
    show: (element, code) => {
      element.textContent = code;
    },
  },
  math: { show: () => undefined },
};

function rendered(markdown: string): HTMLElement {
  const element = document.createElement("div");
  element.append(renderBlocks(readBlocks(markdown)));
  return element;
}

describe("Markdown", () => {
  it.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<b onclick="alert(1)">bold</b>',
    "<style>body{display:none}</style>",
    '<iframe src="https://example.org"></iframe>',
    '<form action="/api/v1/core/shutdown"><button>x</button></form>',
    "<svg><animate onbegin=alert(1)></svg>",
  ])("shows raw HTML as text: %s", (html) => {
    const element = rendered(`before\n\n${html}\n\nafter ${html}`);

    expect(element.querySelector("script,style,iframe,form,svg,b,img,button")).toBeNull();
    expect(element.innerHTML).not.toMatch(/<[^>]+ on\w+=/i);
    expect(element.textContent).toContain(html);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "JaVaScRiPt:alert(1)",
  ])("gives no link to %s", (address) => {
    expect(rendered(`[click](${address})`).querySelector("[href]")).toBeNull();
  });

  it("opens links elsewhere, without telling where from", () => {
    const link = rendered("[here](https://example.org/a)").querySelector("a");

    expect(link?.getAttribute("href")).toBe("https://example.org/a");
    expect(link?.rel).toBe("noopener noreferrer");
    expect(link?.target).toBe("_blank");
  });

  it.each(["https://example.org/x.png?d=secret", "//example.org/x.png", "data:image/svg+xml,<svg/>"])(
    "loads no image from %s",
    (address) => {
      expect(rendered(`![chart](${address})`).querySelector("img")).toBeNull();
    },
  );

  it("shows images that carry themselves or are the hub's own", () => {
    expect(rendered("![dot](data:image/png;base64,iVBORw0KGgo=)").querySelector("img")).not.toBeNull();
    expect(rendered("![dot](/api/v1/artifacts/1)").querySelector("img")).not.toBeNull();
  });

  it("keeps what articles are made of", () => {
    const element = rendered(
      "# One\n\n- a\n- [x] b\n\n| h |\n|--:|\n| 1 |\n\n> q\n\n```py\nx = 1 < 2\n```\n\n**b** `c`",
    );

    for (const tag of ["h1", "li", "input[disabled]", "td", "blockquote", "pre code", "strong"]) {
      expect(element.querySelector(tag), tag).not.toBeNull();
    }
    expect(element.querySelector("pre")?.textContent).toBe("x = 1 < 2");
    expect(element.querySelector("pre")?.dataset.language).toBe("py");
  });
});

describe("growing Markdown", () => {
  const text =
    "# Head\n\nFirst *paragraph*.\r\n\n```js\nlet a = 1;\nlet b = 2;\n```\n\n- one\n- two\n\n[ref]: https://example.org\n\nLast [ref].";

  it("ends as the whole would have been", () => {
    const whole = document.createElement("div");
    new MarkdownView(whole, PLAIN).show(text, true);
    const grown = document.createElement("div");
    const view = new MarkdownView(grown, PLAIN);
    for (let end = 1; end <= text.length; end += 1) view.show(text.slice(0, end), false);
    view.show(text, true);

    expect(grown.innerHTML).toBe(whole.innerHTML);
    expect(grown.querySelector("figure pre")?.textContent).toBe("let a = 1;\nlet b = 2;");
  });

  it.each([
    "S\n\n- b:\n  1. c\n\n     d\n\n  - e\n\nText",
    "> q\n>\n> r\n\n|a|b|\n|-|-|\n|1|2|\n\nT",
    "* x\n\n*em*\n\n1. i\n\n2. j\n\nE\n=\n\nz",
  ])("looks at every moment as if it had been read anew: %j", (nested) => {
    const element = document.createElement("div");
    const view = new MarkdownView(element, PLAIN);
    for (let end = 1; end <= nested.length; end += 1) {
      view.show(nested.slice(0, end), false);
      const anew = document.createElement("div");
      new MarkdownView(anew, PLAIN).show(nested.slice(0, end), false);
      expect(element.innerHTML, nested.slice(0, end)).toBe(anew.innerHTML);
    }
  });

  it.each([
    "Plain words, one after the other: as they come.\nOn two lines. 1. No list - none.",
    "See www.example.org/a or a@example.org and https://example.org. Then more words",
    "*Both* **bold words** and `code a` or _one_ a_b_c _x_y, 2 * 3 * 4 *a b* end",
    "A [link](https://example.org) and [ref][r] [x](y z) &amp; &lt b; \\*no\\* $a$ b $c d $e",
    "**Bold** begins\n- item one two\n- item\n\n1\n1. one two\n\nHead words\n===\n\na | b\n--|--\nc d | e f\n\nAfter it",
    "Слова идут одно за другим, и́ так — дальше.\n> said so\nlazy line\n\n    code here\n\nend it  \nbroken line",
    "[a b]: https://example.org c\n\n<b>raw words</b> go on <i no",
  ])("looks at every word as if it had been read anew: %j", (nested) => {
    for (const pieces of [nested.match(/\s*\S+/g) ?? [], nested.match(/[\s\S]{1,2}/g) ?? []]) {
      const element = document.createElement("div");
      const view = new MarkdownView(element, PLAIN);
      let text = "";
      for (const piece of pieces) {
        text += piece;
        view.show(text, false);
        const anew = document.createElement("div");
        new MarkdownView(anew, PLAIN).show(text, false);
        expect(element.innerHTML, text).toBe(anew.innerHTML);
      }
    }
  });

  it("adds plain words to those that stand there", () => {
    const element = document.createElement("div");
    const view = new MarkdownView(element, PLAIN);
    view.show("First **bold** and", false);
    const words = element.querySelector("p")?.lastChild;
    view.show("First **bold** and then", false);
    view.show("First **bold** and then more.", false);

    expect(element.querySelector("p")?.lastChild).toBe(words);
    expect(element.textContent?.trim()).toBe("First bold and then more.");
  });

  it("leaves finished blocks alone", () => {
    const element = document.createElement("div");
    const view = new MarkdownView(element, PLAIN);
    view.show("First.\n\nSec", false);
    const first = element.firstElementChild;
    view.show("First.\n\nSecond.\n\nThird", false);
    view.show("First.\n\nSecond.\n\nThird.", true);

    expect(element.firstElementChild).toBe(first);
    expect([...element.children].map((child) => child.textContent)).toEqual(["First.", "Second.", "Third."]);
  });

  it("starts over when the text is another", () => {
    const element = document.createElement("div");
    const view = new MarkdownView(element, PLAIN);
    view.show("A.\n\nB.\n\nC.", false);
    view.show("Other.", false);

    expect(element.textContent?.trim()).toBe("Other.");
  });
});
