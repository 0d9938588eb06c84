import { css } from "lit";

/** A room that is one page to read from top to bottom: a title, sections, rows. Narrow screens have the title above it. */
export const pageStyles = css`
  :host {
    display: block;
    overflow-y: auto;
    background: var(--surface-raised);
  }

  .page {
    display: grid;
    gap: 32px;
    max-width: var(--page-width, 48rem);
    margin: 0 auto;
    padding: 32px var(--gutter) 64px;
  }

  h1 {
    font-size: var(--size-20);
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }

  h2 {
    font-size: var(--size-16);
    font-weight: 600;
    line-height: 1.3;
  }

  section {
    display: grid;
    gap: 12px;
  }

  dl,
  ul {
    width: 100%;
    margin: 0;
    padding: 0;
    list-style: none;
  }

  li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 2px 16px;
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
  }

  .note {
    font-size: var(--size-13);
    color: var(--text-muted);
    overflow-wrap: anywhere;
  }

  @media (max-width: 767px) {
    h1 {
      display: none;
    }

    .page {
      padding-top: 24px;
    }
  }
`;
