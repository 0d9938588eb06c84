import { css } from "lit";

/** How the conversation scrolls, and what lies over it. */
export const timelineStyles = css`
  :host {
    position: relative;
    display: block;
    min-height: 0;
  }

  .scroller {
    height: 100%;
    overflow: hidden auto;
    overscroll-behavior: contain;
    overflow-anchor: none;
    scrollbar-gutter: stable both-edges;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }

  .scroller:focus-visible {
    outline-offset: -2px;
  }

  .column {
    position: relative;
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: 36px var(--gutter) 8px;
  }

  .over {
    position: absolute;
    left: 50%;
    translate: -50% 0;
    box-shadow: var(--elevation);
  }

  .latest {
    bottom: 12px;
  }

  .unread {
    top: 12px;
  }

  atrium-find-bar {
    position: absolute;
    z-index: 1;
    top: 8px;
    inset-inline-end: 20px;
    width: min(26rem, calc(100% - 40px));
  }

  ::highlight(atrium-find) {
    background-color: light-dark(oklch(0.9 0.09 88), oklch(0.42 0.07 82));
    color: var(--text);
  }

  ::highlight(atrium-find-current) {
    background-color: light-dark(oklch(0.8 0.14 78), oklch(0.78 0.13 80));
    color: light-dark(oklch(0.2 0.02 70), oklch(0.18 0.02 70));
  }

  .note {
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: 0 var(--gutter);
    font-size: var(--size-14);
    color: var(--text-muted);
  }

  .earlier {
    position: absolute;
    top: 4px;
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 28px;
    font-size: var(--size-12);
    color: var(--text-muted);
  }

  .earlier a {
    color: var(--accent);
    text-underline-offset: 3px;
  }

  .unsent {
    margin-top: 4px;
    font-size: var(--size-12);
    color: var(--text-muted);
  }

  @media (max-width: 767px) {
    .scroller {
      scrollbar-gutter: auto;
    }

    atrium-find-bar {
      inset-inline: 8px;
      width: auto;
    }
  }
`;
