import { css } from "lit";

/** What the settings have beside what every page has. */
export const settingsStyles = css`
  :host {
    --page-width: 44rem;
  }

  h3 {
    margin-top: 16px;
    font-size: var(--size-14);
    font-weight: 600;
  }

  section {
    justify-items: start;
    gap: 8px;
  }

  .row {
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

  dd {
    margin: 0;
    color: var(--text-muted);
  }

  li {
    padding: 10px 0;
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
    .row {
      flex-direction: column;
      align-items: flex-start;
      padding-block: 8px 12px;
    }
  }
`;
