import { css } from "lit";

/** What every component shares: boxes, focus, buttons, fields. */
export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  :host([hidden]),
  [hidden] {
    display: none !important;
  }

  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }

  input:focus-visible,
  select:focus-visible {
    outline-offset: -1px;
  }

  h1,
  h2,
  p {
    margin: 0;
  }

  svg {
    display: block;
    flex: none;
  }

  button,
  select,
  input,
  textarea {
    color: inherit;
    font: inherit;
    letter-spacing: inherit;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: var(--control);
    padding: 0 12px;
    border: 1px solid transparent;
    border-radius: var(--radius-control);
    background: none;
    font-size: var(--size-13);
    font-weight: 500;
    line-height: 1.3;
    white-space: nowrap;
    cursor: pointer;
    transition: background-color var(--quick);
    -webkit-tap-highlight-color: transparent;
  }

  button:disabled {
    cursor: default;
    color: var(--text-muted);
  }

  .quiet {
    color: var(--text-muted);
  }

  .quiet:hover:not(:disabled) {
    background: var(--hover);
    color: var(--text);
  }

  .plain {
    border-color: var(--line-strong);
    background: var(--surface-raised);
  }

  .plain:hover:not(:disabled) {
    background: linear-gradient(var(--hover), var(--hover)), var(--surface-raised);
  }

  .primary:enabled {
    background: var(--accent);
    color: var(--on-accent);
  }

  .primary:disabled {
    background: var(--selected);
  }

  .primary:hover:not(:disabled) {
    background: color-mix(in oklch, var(--accent) 90%, var(--text));
  }

  .destructive {
    background: var(--danger);
    color: var(--surface-raised);
  }

  .square {
    width: var(--control);
    padding: 0;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .dot {
    flex: none;
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: currentColor;
  }

  kbd {
    font: 500 var(--size-12) / 1 var(--font-mono);
    color: var(--text-muted);
  }
`;
