import { css } from "lit";

export const welcomeStyles = css`
  :host {
    display: block;
    overflow-y: auto;
    background: var(--surface-raised);
  }

  .page {
    display: grid;
    gap: 24px;
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: clamp(24px, 12vh, 112px) var(--gutter) 48px;
  }

  h1 {
    font-size: var(--size-20);
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }

  .about {
    margin-top: 8px;
    font-size: var(--size-16);
    line-height: 1.5;
  }

  code {
    font: 500 var(--size-13) / 1.4 var(--font-mono);
    color: var(--text);
  }

  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 8px;
  }

  label {
    grid-column: 1 / -1;
    font-size: var(--size-14);
    font-weight: 600;
  }

  input.text {
    min-height: 40px;
    padding: 0 12px;
    font-size: var(--size-16);
  }

  form button {
    min-height: 40px;
    padding: 0 16px;
  }

  h2 {
    font-size: var(--size-13);
    font-weight: 500;
    color: var(--text-muted);
  }

  ul.tries {
    margin: 4px 0 0;
    padding: 0;
    list-style: none;
  }

  .tries button {
    justify-content: flex-start;
    width: calc(100% + 16px);
    margin-inline: -8px;
    min-height: 40px;
    padding: 8px;
    font-size: var(--size-14);
    font-weight: 400;
    text-align: start;
    white-space: normal;
  }

  .tries li + li {
    border-top: 1px solid var(--line);
  }

  .tries button:hover:not(:disabled) {
    background: var(--hover);
  }

  .tries svg {
    color: var(--text-muted);
  }

  .tries svg:dir(rtl) {
    transform: scaleX(-1);
  }

  .problem {
    grid-column: 1 / -1;
    padding-inline-start: 12px;
    border-inline-start: 2px solid var(--danger);
    font-size: var(--size-14);
  }

  .skip {
    justify-self: start;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  @media (max-width: 767px) {
    .page {
      padding-top: 24px;
    }

    .tries button,
    input.text,
    form button {
      min-height: 44px;
    }

    .skip {
      padding: 12px 0;
    }
  }
`;
