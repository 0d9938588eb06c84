import { css } from "lit";

/** What every component shares: boxes, focus, buttons, fields, keys. Buttons and fields are the browser's own, dressed. */
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
  h3,
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

  button,
  .button {
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
    text-decoration: none;
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

  .quiet:hover:not(:disabled),
  .quiet[aria-expanded="true"] {
    background: var(--hover);
    color: var(--text);
  }

  .plain {
    border-color: var(--line-strong);
    background: var(--surface-raised);
    color: inherit;
  }

  .plain:hover:not(:disabled) {
    background: color-mix(in oklch, var(--surface-raised), var(--text) 6%);
  }

  .primary:not(:disabled) {
    background: var(--accent);
    color: var(--on-accent);
  }

  .primary:disabled {
    background: var(--selected);
  }

  .primary:hover:not(:disabled) {
    background: color-mix(in oklch, var(--accent) 90%, var(--text));
  }

  .destructive:not(:disabled) {
    background: var(--danger);
    color: var(--on-danger);
  }

  .destructive:hover:not(:disabled) {
    background: color-mix(in oklch, var(--danger) 90%, var(--text));
  }

  .square {
    width: var(--control);
    padding: 0;
  }

  .field {
    display: grid;
    align-content: start;
    gap: 4px;
    min-width: 0;
    font-size: var(--size-13);
    font-weight: 500;
  }

  .field .note {
    font-weight: 400;
    color: var(--text-muted);
  }

  .field .note.problem {
    color: var(--danger);
  }

  input.text,
  select.choice {
    width: 100%;
    min-width: 0;
    min-height: var(--control);
    padding: 0 8px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-control);
    background: var(--surface-raised);
    font-size: var(--size-14);
    font-weight: 400;
  }

  input.text::placeholder {
    color: var(--text-muted);
    opacity: 1;
  }

  input.text[aria-invalid="true"] {
    border-color: var(--danger);
  }

  input.text:disabled,
  select.choice:disabled {
    background: var(--surface);
    color: var(--text-muted);
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
    forced-color-adjust: none;
  }

  .figures,
  time {
    font-variant-numeric: tabular-nums;
  }

  kbd {
    font: 500 var(--size-12) / 1 var(--font-mono);
    color: var(--text-muted);
  }

  .late {
    animation: appear 1ms 300ms both;
  }

  @keyframes appear {
    from {
      visibility: hidden;
    }
  }

  @media (max-width: 767px) {
    input.text,
    select.choice {
      font-size: var(--size-16);
    }
  }
`;
