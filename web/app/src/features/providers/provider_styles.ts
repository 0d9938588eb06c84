import { css } from "lit";

/** One provider: who it is and how it is, what to do, and below what it has to say. */
export const providerStyles = css`
  :host {
    display: block;
    scroll-margin-top: 16px;
  }

  article {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto auto;
    gap: 4px 8px;
    padding: 12px 0;
    border-bottom: 1px solid var(--line);
    font-size: var(--size-14);
  }

  .who {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 2px 12px;
    align-self: center;
  }

  h3 {
    font-size: var(--size-14);
    font-weight: 600;
    line-height: 1.3;
  }

  h3:focus-visible {
    border-radius: 2px;
  }

  .default {
    font-size: var(--size-12);
    color: var(--text-muted);
  }

  .steps {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }

  header {
    display: contents;
  }

  .wide {
    grid-column: 1 / -1;
  }

  .note,
  dt {
    font-size: var(--size-13);
    line-height: 1.45;
    color: var(--text-muted);
  }

  .note {
    max-width: 40rem;
    overflow-wrap: anywhere;
  }

  code {
    font: 500 0.92em / 1.4 var(--font-mono);
    overflow-wrap: anywhere;
    color: var(--text);
  }

  .problem {
    display: grid;
    gap: 8px;
    max-width: 40rem;
    margin-top: 4px;
    padding-inline-start: 12px;
    border-inline-start: 2px solid var(--danger);
    line-height: 1.45;
    overflow-wrap: anywhere;
  }

  .details {
    display: grid;
    gap: 16px;
    margin-top: 8px;
    padding-inline-start: 12px;
    border-inline-start: 1px solid var(--line);
  }

  dl {
    display: grid;
    grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr);
    gap: 6px 16px;
    margin: 0;
    font-size: var(--size-13);
    line-height: 1.45;
  }

  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }

  dd a {
    color: inherit;
  }

  .snippet {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-top: 4px;
  }

  .findings {
    display: grid;
    gap: 8px;
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: var(--size-13);
    line-height: 1.45;
  }

  .findings li {
    display: grid;
    grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr);
    gap: 0 16px;
    align-items: baseline;
    overflow-wrap: anywhere;
  }

  .findings .note {
    grid-column: 2;
  }

  .chevron {
    transition: transform var(--quick);
  }

  [aria-expanded="true"] .chevron {
    transform: rotate(180deg);
  }

  @media (max-width: 767px) {
    article {
      grid-template-columns: minmax(0, 1fr) auto;
    }

    .more {
      grid-row: 1;
      grid-column: 2;
    }

    .next {
      order: 1;
      grid-column: 1 / -1;
      margin-top: 4px;
    }

    .next:empty {
      display: none;
    }

    .details {
      order: 2;
    }

    .findings li {
      grid-template-columns: minmax(0, 1fr);
    }

    .findings .note {
      grid-column: 1;
    }

    dl {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }

    dd + dt {
      margin-top: 8px;
    }
  }
`;
