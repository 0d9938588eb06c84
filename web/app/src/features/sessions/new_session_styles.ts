import { css } from "lit";

export const newSessionStyles = css`
  header {
    display: flex;
    align-items: center;
    min-height: 52px;
    padding: 0 24px;
    border-bottom: 1px solid var(--line);
  }

  h1 {
    font-size: var(--size-14);
    font-weight: 600;
  }

  .body {
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    gap: 8px;
    width: 100%;
    min-height: 0;
    overflow-y: auto;
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: 24px var(--gutter) 16px;
    font-size: var(--size-16);
    line-height: 1.5;
  }

  .muted {
    color: var(--text-muted);
    font-size: var(--size-14);
    text-wrap: pretty;
  }

  .problem {
    padding-inline-start: 14px;
    border-inline-start: 2px solid var(--danger);
    font-size: var(--size-14);
  }

  code {
    font-family: var(--font-mono);
    font-size: var(--size-13);
  }

  .ways {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 8px;
  }

  ul {
    margin: 0;
    padding-inline-start: 18px;
    font-size: var(--size-14);
  }

  label {
    display: flex;
    align-items: center;
    gap: 8px;
  }

  select {
    min-width: 0;
    max-width: 100%;
    field-sizing: content;
    min-height: 28px;
    padding: 0 4px;
    margin-inline-start: -4px;
    border: 0;
    border-radius: var(--radius-control);
    background: var(--surface-raised);
    font-size: var(--size-13);
    font-weight: 500;
    color: var(--text);
  }

  select:hover {
    background: var(--surface);
  }

  .folder {
    min-width: 0;
    color: var(--text-muted);
  }

  .folder input {
    min-width: 0;
    min-height: 28px;
    padding: 0 4px;
    border: 0;
    border-radius: var(--radius-control);
    background: transparent;
    field-sizing: content;
    max-width: 24rem;
    font-family: var(--font-mono);
    font-size: var(--size-13);
    color: var(--text);
  }

  @media (max-width: 767px) {
    header {
      padding: 0 16px;
    }

    h1 {
      font-size: var(--size-16);
    }

    select,
    .folder input {
      min-height: var(--control);
    }
  }
`;
