import { css } from "lit";

/** What the usage has beside what every page has. */
export const usageStyles = css`
  section {
    gap: 16px;
  }

  li .note {
    grid-column: 1 / -1;
  }

  atrium-empty {
    padding: 0;
  }

  .bar-of-choices {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 16px;
  }

  .totals {
    display: flex;
    flex-wrap: wrap;
    gap: 16px 40px;
  }

  .totals dd {
    margin: 0;
    font-size: var(--size-28);
    font-weight: 600;
    line-height: 1.2;
    letter-spacing: -0.015em;
  }

  .totals dt {
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--size-14);
  }

  th,
  td {
    padding-block: 8px;
    padding-inline: 16px 0;
    border-bottom: 1px solid var(--line);
    text-align: end;
    vertical-align: baseline;
    font-variant-numeric: tabular-nums;
  }

  th:first-child,
  td:first-child {
    padding-inline-start: 0;
    text-align: start;
    overflow-wrap: anywhere;
  }

  thead th {
    font-size: var(--size-12);
    font-weight: 500;
    color: var(--text-muted);
  }

  tbody th {
    font-weight: 500;
  }

  summary {
    min-height: var(--control);
    font-size: var(--size-13);
    font-weight: 500;
    line-height: var(--control);
    color: var(--text-muted);
    cursor: pointer;
  }

  @media (max-width: 767px) {
    .wide {
      display: none;
    }

    .totals {
      gap: 12px 28px;
    }

    .totals dd {
      font-size: var(--size-20);
    }
  }
`;
