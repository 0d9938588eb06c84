import type { TokenizerAndRendererExtension } from "marked";

const DISPLAY = /^(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\])/;
const BLOCK = /^ {0,3}(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/;
/** Not money: no space inside the dollars, no digit after them. */
const INLINE = /^(?:\$(?![\s$])([^$\n]*?[^\s$\\])\$(?!\d)|\\\(([^\n]+?)\\\))/;

/** Formulas in Markdown: `$a$` and `\(a\)` in a line, `$$a$$` and `\[a\]` on their own. `render` makes the element. */
export function mathSyntax(
  render: (source: string, place: "inline" | "display") => string,
): TokenizerAndRendererExtension[] {
  return [
    {
      name: "mathBlock",
      level: "block",
      start: (source) => source.match(/(?:^|\n) {0,3}(?:\$\$|\\\[)/)?.index,
      tokenizer: (source) => token("mathBlock", BLOCK.exec(source)),
      renderer: ({ source }) => `<p>${render(String(source), "display")}</p>`,
    },
    {
      name: "mathDisplay",
      level: "inline",
      start: (source) => source.match(/\$\$|\\\[/)?.index,
      tokenizer: (source) => token("mathDisplay", DISPLAY.exec(source)),
      renderer: ({ source }) => render(String(source), "display"),
    },
    {
      name: "mathInline",
      level: "inline",
      start: (source) => source.match(/\$|\\\(/)?.index,
      tokenizer: (source) => token("mathInline", INLINE.exec(source)),
      renderer: ({ source }) => render(String(source), "inline"),
    },
  ];
}

function token(type: string, found: RegExpExecArray | null) {
  if (!found) return undefined;
  return { type, raw: found[0], source: (found[1] ?? found[2] ?? "").trim() };
}
