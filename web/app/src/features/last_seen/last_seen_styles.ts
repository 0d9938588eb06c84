import { css } from "lit";

/** As the sessions look, without what can be done with them. */
export const lastSeenStyles = css`
  :host {
    display: grid;
    grid-template: minmax(0, 1fr) / clamp(13rem, 24vw, 18rem) minmax(0, 1fr);
    min-height: 0;
  }

  nav {
    overflow-y: auto;
    padding: 8px;
  }

  nav .note {
    padding: 8px;
  }

  .note {
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  ul[role="list"] {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  nav a {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: max(36px, var(--control));
    padding: 0 8px;
    border-radius: var(--radius-control);
    color: inherit;
    text-decoration: none;
  }

  nav a:hover {
    background: var(--hover);
  }

  nav a[aria-current="page"] {
    background: var(--selected);
  }

  .title {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  time {
    font-size: var(--size-12);
    color: var(--text-muted);
  }

  .page {
    min-width: 0;
    overflow-y: auto;
    border-inline-start: 1px solid var(--line);
    background: var(--surface-raised);
  }

  .page:focus-visible {
    outline-offset: -2px;
  }

  .nothing {
    grid-column: 1 / -1;
    background: var(--surface-raised);
  }

  header,
  article {
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: 24px var(--gutter) 0;
  }

  header {
    display: grid;
    gap: 4px;
  }

  h1 {
    font-size: var(--size-16);
    font-weight: 600;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }

  article {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 24px;
    padding-bottom: 48px;
  }

  .by {
    display: flex;
    align-items: baseline;
    gap: 8px;
    margin-bottom: 4px;
    font-size: var(--size-13);
    font-weight: 600;
  }

  .by time {
    font-weight: 400;
  }

  .said {
    padding-inline-start: 16px;
    border-inline-start: 2px solid var(--line-strong);
  }

  .words {
    font-size: var(--size-16);
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  @media (max-width: 767px) {
    :host {
      grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    }

    .page {
      border: 0;
    }

    .away {
      display: none;
    }
  }
`;
