import { css } from "lit";

export const signInStyles = css`
  :host {
    display: block;
    padding: clamp(32px, 18vh, 160px) 24px 32px;
    height: 100%;
    overflow: auto;
    background: var(--surface);
  }

  main {
    max-width: 28rem;
    margin: 0 auto;
    display: grid;
    gap: 16px;
    font-size: var(--size-16);
    line-height: 1.5;
  }

  .name {
    font-size: var(--size-14);
    font-weight: 600;
    color: var(--text-muted);
  }

  h1 {
    font-size: var(--size-20);
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }

  .command {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    min-height: 42px;
    padding: 4px;
    padding-inline-start: 16px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-control);
    background: var(--surface-raised);
    font: 500 var(--size-14) / 1.4 var(--font-mono);
  }

  .command button {
    font-family: var(--font-text);
  }

  .note {
    font-size: var(--size-14);
    color: var(--text-muted);
  }

  .note code {
    white-space: nowrap;
    font: 500 var(--size-13) / 1.4 var(--font-mono);
  }

  .again {
    justify-self: start;
  }

  .languages {
    display: flex;
    margin: 16px -12px 0;
  }

  .languages [aria-pressed="true"] {
    color: var(--text);
    text-decoration: underline;
    text-underline-offset: 4px;
  }
`;
