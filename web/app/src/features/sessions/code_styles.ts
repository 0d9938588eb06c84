import { css } from "lit";

/** How code and formulas look. The colours name what a piece of code is, quietly: comments recede, nothing shouts. */
export const codeStyles = css`
  :host {
    --code-keyword: light-dark(oklch(0.47 0.12 300), oklch(0.79 0.1 305));
    --code-name: light-dark(oklch(0.46 0.1 250), oklch(0.79 0.09 245));
    --code-text: light-dark(oklch(0.45 0.09 150), oklch(0.79 0.1 150));
    --code-number: light-dark(oklch(0.49 0.11 55), oklch(0.81 0.1 70));
  }

  .hljs-comment,
  .hljs-quote {
    color: var(--text-muted);
  }

  .hljs-keyword,
  .hljs-selector-tag,
  .hljs-built_in,
  .hljs-type,
  .hljs-name,
  .hljs-section {
    color: var(--code-keyword);
  }

  .hljs-title,
  .hljs-attr,
  .hljs-attribute,
  .hljs-selector-class,
  .hljs-selector-id,
  .hljs-property {
    color: var(--code-name);
  }

  .hljs-string,
  .hljs-regexp,
  .hljs-addition,
  .hljs-symbol,
  .hljs-bullet {
    color: var(--code-text);
  }

  .hljs-number,
  .hljs-literal,
  .hljs-meta,
  .hljs-variable,
  .hljs-template-variable,
  .hljs-link {
    color: var(--code-number);
  }

  .hljs-subst {
    color: inherit;
  }

  .hljs-deletion {
    color: var(--danger);
  }

  .prose figure {
    margin: 16px 0;
    border: 1px solid var(--line);
    border-radius: var(--radius-control);
    background: var(--surface);
  }

  .prose figcaption {
    display: flex;
    align-items: center;
    gap: 4px;
    padding-block: 2px 0;
    padding-inline: 16px 4px;
    font: 400 var(--size-12) / 1.3 var(--font-mono);
    color: var(--text-muted);
  }

  .prose figcaption > span {
    flex: 1;
  }

  .prose figure button {
    min-height: 28px;
    padding: 0 8px;
    font-family: var(--font-text);
    font-size: var(--size-12);
  }

  .prose figcaption button[aria-pressed="true"] {
    color: var(--text);
  }

  .prose figure > button {
    width: 100%;
    min-height: var(--control);
    border-top: 1px solid var(--line);
    border-radius: 0 0 var(--radius-control) var(--radius-control);
  }

  .prose pre {
    margin: 0;
    padding: 2px 16px 12px;
    overflow-x: auto;
    scrollbar-width: thin;
    border-radius: var(--radius-control);
    font-size: var(--size-13);
    line-height: 1.55;
    tab-size: 4;
  }

  .prose pre code {
    font-size: inherit;
  }

  .prose .folded pre {
    max-height: calc(var(--shown-lines) * 1.55em + 4px);
    overflow-y: hidden;
  }

  .prose .wrapped pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .formula math {
    font-family: "Noto Sans Math", math;
  }

  .formula {
    unicode-bidi: isolate;
  }

  .formula.display {
    display: block;
    padding: 4px 0;
    overflow-x: auto;
    scrollbar-width: thin;
    contain: paint;
  }

  .formula.display math {
    display: block math;
    width: max-content;
    min-width: 100%;
  }

  [data-math] {
    font-family: var(--font-mono);
    font-size: var(--size-13);
  }
`;
