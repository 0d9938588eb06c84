import { css } from "lit";

/** The column of the list. Icons and marks stand in its first 32 px, all words begin behind them. */
export const sessionListStyles = css`
  :host {
    display: block;
    min-height: 0;
  }

  nav {
    display: flex;
    flex-direction: column;
    height: 100%;
  }

  .new {
    display: flex;
    flex: none;
    align-items: center;
    gap: 4px;
    min-height: var(--control);
    margin: 0 8px 4px;
    padding-block: 0;
    padding-inline: 4px 8px;
    border-radius: var(--radius-control);
    font-size: var(--size-14);
    font-weight: 500;
    color: inherit;
    text-decoration: none;
  }

  .new kbd {
    margin-inline-start: auto;
  }

  .new svg {
    color: var(--text-muted);
  }

  .new:hover,
  .row:hover {
    background: var(--hover);
  }

  .new:focus-visible {
    outline-offset: -2px;
  }

  .list {
    flex: 1;
    min-height: 0;
    padding: 0 8px 16px;
    overflow-y: auto;
    overflow-anchor: none;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }

  .column {
    position: relative;
    margin: 0;
    padding: 0;
    list-style: none;
    contain: layout style;
  }

  .column > li {
    position: absolute;
    top: 0;
    inset-inline: 0;
  }

  .heading {
    display: flex;
    align-items: end;
    height: 32px;
    padding-block: 0 6px;
    padding-inline: 24px 8px;
  }

  h2 {
    font-size: var(--size-12);
    font-weight: 500;
    line-height: 1.3;
    color: var(--text-muted);
  }

  .row {
    display: flex;
    height: var(--control);
    border-radius: var(--radius-control);
    line-height: 1.3;
  }

  .open,
  .open:hover {
    background: var(--selected);
  }

  .selected,
  .selected:hover {
    background: color-mix(in oklch, var(--accent) 14%, transparent);
  }

  .item {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 8px;
    min-width: 0;
    padding-inline: 24px 8px;
    border-radius: inherit;
    color: inherit;
    text-decoration: none;
    -webkit-touch-callout: none;
  }

  .item:focus-visible {
    outline-offset: -2px;
  }

  .title {
    flex: 0 1 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: start;
  }

  .open .title {
    font-weight: 500;
  }

  .unread .title {
    font-weight: 600;
  }

  mark {
    background: none;
    color: inherit;
    font-weight: 600;
    text-decoration: underline;
    text-decoration-color: var(--accent);
    text-decoration-thickness: 2px;
    text-underline-offset: 3px;
  }

  .mark {
    display: grid;
    position: absolute;
    inset-inline-start: 8px;
    color: var(--text);
  }

  .pick {
    position: absolute;
    inset-inline-start: 0;
    display: grid;
    place-items: center;
    width: 24px;
    height: 100%;
    opacity: 0;
    cursor: pointer;
  }

  .pick input {
    width: 14px;
    height: 14px;
    margin: 0;
    accent-color: var(--accent);
    cursor: pointer;
  }

  .row:hover .pick,
  .selecting .pick,
  .pick:focus-within {
    opacity: 1;
  }

  .row:hover .mark,
  .selecting .mark {
    visibility: hidden;
  }

  .copied {
    flex: none;
    font-size: var(--size-12);
    color: var(--text-muted);
  }

  /* As many whole tags as the title leaves room for: those that do not fit wrap, out of sight. */
  .tags {
    display: flex;
    flex: 1 1 0;
    flex-wrap: wrap;
    gap: 0 8px;
    min-width: 0;
    height: 1.3em;
    overflow: hidden;
    font-size: var(--size-12);
    white-space: nowrap;
    color: var(--text-muted);
  }

  .tags::before {
    content: "";
    height: 100%;
    margin-inline-end: -8px;
  }

  time,
  .activity {
    flex: none;
    margin-inline-start: auto;
    font-size: var(--size-12);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
    color: var(--text-muted);
  }

  .activity {
    display: flex;
    align-items: center;
    gap: 6px;
  }

  .accent .dot {
    color: var(--accent);
  }

  .activity.warning {
    color: var(--warning);
  }

  .activity.danger {
    color: var(--danger);
  }

  .muted .dot {
    display: none;
  }

  .more {
    position: absolute;
    inset-inline-end: 2px;
    inset-block: 2px;
    width: 28px;
    min-height: 0;
    padding: 0;
    opacity: 0;
  }

  .more:is(:focus-visible, [aria-expanded="true"]),
  .row:hover .more {
    opacity: 1;
  }

  .row:hover :is(time, .activity),
  .row:has(.more[aria-expanded="true"]) :is(time, .activity) {
    visibility: hidden;
  }

  .rename {
    flex: 1;
    min-width: 0;
    margin-inline: 16px 4px;
    padding: 0 7px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-control);
    background: var(--surface-raised);
    font-size: var(--size-14);
  }

  .bar {
    display: flex;
    flex: none;
    align-items: center;
    padding-block: 4px;
    padding-inline: 16px 8px;
    border-top: 1px solid var(--line);
  }

  .bar > span {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--size-13);
    font-weight: 500;
  }

  .note {
    padding-block: 8px;
    padding-inline: 24px 8px;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  atrium-empty {
    padding-block: 16px;
    padding-inline: 24px 8px;
  }

  atrium-empty .plain {
    color: var(--text);
  }

  @media (min-width: 768px) {
    .begin {
      display: none;
    }
  }

  @media (hover: none) {
    .more {
      display: none;
    }

    .row:hover {
      background: none;
    }

    .row:hover .pick {
      opacity: 0;
    }

    .selecting .row .pick {
      opacity: 1;
    }

    .row:hover :is(time, .activity, .mark) {
      visibility: visible;
    }

    .selecting .row .mark {
      visibility: hidden;
    }
  }

  @media (max-width: 767px) {
    .new,
    .item,
    .rename {
      font-size: var(--size-16);
    }

    .new kbd {
      display: none;
    }
  }

  @media (forced-colors: active) {
    .selected,
    .open {
      outline: 1px solid;
      outline-offset: -1px;
    }
  }
`;
