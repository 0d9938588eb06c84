import createPurify, { type Config } from "dompurify";
import { Marked, type Token, type Tokens, type TokensList } from "marked";
import { mathSyntax } from "./math_syntax.ts";
import { sessionWords } from "./words.ts";

const SAFE_LINK = /^(?:https?:|mailto:)/i;
const SAFE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);/i;

const TAGS = [
  ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "ul", "ol", "li"],
  ...["strong", "em", "del", "a", "img", "input", "table", "thead", "tbody", "tr", "th", "td", "span"],
];

const POLICY = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: [
    "href",
    "src",
    "alt",
    "title",
    "start",
    "align",
    "type",
    "checked",
    "disabled",
    "data-language",
    "data-math",
  ],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
} satisfies Config;

const purify = createPurify(window);

purify.addHook("afterSanitizeAttributes", (element) => {
  if (element instanceof HTMLAnchorElement) guardLink(element);
  if (element instanceof HTMLImageElement) guardImage(element);
  if (element instanceof HTMLInputElement) guardCheckbox(element);
});

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: mathSyntax((source, place) => `<span data-math="${place}">${escapeHtml(source)}</span>`),
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    code: ({ text, lang }: Tokens.Code) => {
      const language = lang?.match(/^[\w+#.-]+/)?.[0] ?? "";
      return `<pre data-language="${escapeHtml(language)}"><code>${escapeHtml(text)}</code></pre>`;
    },
  },
});

/** Split Markdown into its top-level blocks. */
export function readBlocks(markdown: string): TokensList {
  return marked.lexer(markdown);
}

/** Turn blocks into elements that can do no harm: no scripts, styles, forms, remote images or odd links. */
export function renderBlocks(blocks: Token[]): DocumentFragment {
  return purify.sanitize(marked.parser(blocks), POLICY);
}

function guardLink(link: HTMLAnchorElement): void {
  const address = link.getAttribute("href") ?? "";
  if (SAFE_LINK.test(address)) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  } else {
    link.removeAttribute("href");
  }
}

/** An image of another origin would tell that origin who reads, and carry out what is in its address. */
function guardImage(image: HTMLImageElement): void {
  const address = image.getAttribute("src") ?? "";
  if (SAFE_IMAGE.test(address) || isOwn(address)) {
    image.loading = "lazy";
    image.decoding = "async";
    return;
  }
  const stand = document.createElement("a");
  stand.textContent = sessionWords().imageElsewhere(image.alt || address);
  stand.setAttribute("href", address);
  guardLink(stand);
  image.replaceWith(stand);
}

function isOwn(address: string): boolean {
  return URL.canParse(address, location.href) && new URL(address, location.href).origin === location.origin;
}

function guardCheckbox(input: HTMLInputElement): void {
  if (input.type !== "checkbox") {
    input.remove();
    return;
  }
  input.disabled = true;
  input.ariaLabel = input.checked ? sessionWords().stepDone : sessionWords().notDone;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
