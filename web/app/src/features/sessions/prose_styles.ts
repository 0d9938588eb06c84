import { css } from "lit";

/** How an answer is typeset: like an article. */
export const proseStyles = css`
  .prose {
    font-size: var(--size-16);
    line-height: 1.5;
    overflow-wrap: break-word;
  }

  /* Each part reads in the direction of its own words, code always from left to right. */
  .prose :is(p, li, h1, h2, h3, h4, h5, h6, th, td) {
    unicode-bidi: plaintext;
  }

  .prose pre {
    direction: ltr;
  }

  .prose > * {
    margin: 0 0 12px;
  }

  .prose > :last-child {
    margin-bottom: 0;
  }

  .prose :is(h1, h2, h3, h4, h5, h6) {
    margin: 24px 0 8px;
    font-weight: 600;
    line-height: 1.3;
  }

  .prose > :first-child {
    margin-top: 0;
  }

  .prose h1 {
    font-size: var(--size-20);
  }

  .prose :is(h2, h3, h4, h5, h6) {
    font-size: var(--size-16);
  }

  .prose :is(ul, ol) {
    padding-inline-start: 24px;
  }

  .prose li + li,
  .prose li > :is(ul, ol) {
    margin-top: 4px;
  }

  .prose li::marker {
    color: var(--text-muted);
    font-variant-numeric: tabular-nums;
  }

  .prose li p {
    margin: 0 0 4px;
  }

  .prose li:has(> input:first-child) {
    list-style: none;
  }

  .prose li > input {
    margin-block: 0;
    margin-inline: -22px 8px;
    vertical-align: -1px;
    accent-color: var(--accent);
  }

  .prose a {
    color: var(--accent);
    text-decoration-thickness: 1px;
    text-underline-offset: 3px;
  }

  .prose blockquote {
    padding-inline-start: 16px;
    border-inline-start: 2px solid var(--line);
    color: var(--text-muted);
  }

  .prose blockquote p {
    margin: 0 0 8px;
  }

  .prose hr {
    height: 1px;
    margin: 24px 0;
    border: 0;
    background: var(--line);
  }

  .prose img {
    max-width: 100%;
    max-height: 24rem;
    border-radius: var(--radius-control);
  }

  .prose code {
    font-family: var(--font-mono);
    font-size: 0.875em;
    font-variant-ligatures: none;
  }

  .prose :not(pre) > code {
    padding: 2px 4px;
    border-radius: 4px;
    background: var(--surface);
  }

  .prose table {
    display: block;
    width: fit-content;
    max-width: 100%;
    overflow-x: auto;
    border-collapse: collapse;
    font-size: var(--size-14);
    font-variant-numeric: tabular-nums;
  }

  .prose :is(th, td) {
    padding-block: 8px;
    padding-inline: 0 16px;
    border-bottom: 1px solid var(--line);
    text-align: start;
    vertical-align: top;
  }

  .prose :is(th, td)[align="right"] {
    text-align: end;
  }

  .prose :is(th, td)[align="center"] {
    text-align: center;
  }

  .prose th {
    font-weight: 600;
  }
`;
