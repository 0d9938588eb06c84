import { css } from "lit";

export const settingsStyles = css`
  :host {
    display: block;
    overflow-y: auto;
    background: var(--surface-raised);
  }

  .page {
    display: grid;
    gap: 32px;
    max-width: 44rem;
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

  h3 {
    margin-top: 16px;
    font-size: var(--size-14);
    font-weight: 600;
  }

  section {
    display: grid;
    justify-items: start;
    gap: 8px;
  }

  .note {
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  .row,
  dl,
  ul {
    width: 100%;
  }

  .row,
  dl div {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 4px 24px;
    min-height: 48px;
    border-bottom: 1px solid var(--line);
  }

  dl,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  dd {
    margin: 0;
    color: var(--text-muted);
  }

  li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 2px 16px;
    padding: 10px 0;
    border-bottom: 1px solid var(--line);
  }

  .name {
    font-weight: 500;
  }

  .name .figures {
    font-weight: 400;
    color: var(--text-muted);
  }

  .about {
    grid-column: 1 / -1;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  @media (max-width: 767px) {
    h1 {
      display: none;
    }

    .page {
      padding-top: 24px;
    }

    .row {
      padding-bottom: 12px;
    }
  }
`;
