import { css } from "lit";

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
    gap: 10px;
    min-height: var(--control);
    margin: 0 8px 8px;
    padding: 0 8px;
    border-radius: var(--radius-control);
    font-size: var(--size-14);
    font-weight: 500;
    color: inherit;
    text-decoration: none;
  }

  .new kbd {
    margin-left: auto;
  }

  .new svg {
    color: var(--text-muted);
  }

  .new:hover,
  .item:hover {
    background: var(--hover);
  }

  .list {
    flex: 1;
    min-height: 0;
    padding: 0 8px 16px;
    overflow-y: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }

  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  li {
    content-visibility: auto;
    contain-intrinsic-size: auto var(--control);
  }

  .item {
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: var(--control);
    padding: 0 8px;
    border-radius: var(--radius-control);
    line-height: 1.3;
    color: inherit;
    text-decoration: none;
  }

  .item:focus-visible,
  .new:focus-visible {
    outline-offset: -2px;
  }

  .item[aria-current="page"] {
    background: var(--selected);
    font-weight: 500;
  }

  .title {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  time,
  .activity {
    flex: none;
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

  .warning {
    color: var(--warning);
  }

  .danger {
    color: var(--danger);
  }

  .muted .dot {
    display: none;
  }

  .note {
    padding: 8px;
    font-size: var(--size-13);
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
    .new {
      margin: 0 8px;
      padding: 0 8px;
    }

    .item,
    .new {
      font-size: var(--size-16);
    }

    .list {
      padding-top: 8px;
    }

    kbd {
      display: none;
    }
  }
`;
