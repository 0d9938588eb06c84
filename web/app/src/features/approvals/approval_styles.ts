import { css } from "lit";

export const approvalStyles = css`
  :host {
    display: block;
  }

  article {
    display: grid;
    gap: 12px;
    padding: 16px 16px 0;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-surface);
    background: var(--surface-raised);
    overflow: clip;
  }

  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 4px 16px;
  }

  h3 {
    min-width: 0;
    font-size: var(--size-14);
    font-weight: 600;
    overflow-wrap: anywhere;
  }

  pre {
    max-height: 40vh;
    margin: 0;
    padding: 8px 12px;
    overflow: auto;
    border-radius: var(--radius-control);
    background: var(--surface);
    font: 400 var(--size-13) / 1.5 var(--font-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  dl {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 4px 12px;
    margin: 0;
    font-size: var(--size-13);
  }

  dt {
    color: var(--text-muted);
  }

  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }

  .mono {
    font-family: var(--font-mono);
  }

  .warning {
    font-size: var(--size-13);
    color: var(--warning);
  }

  .change {
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius-control);
  }

  .change p {
    padding: 6px 12px;
    border-bottom: 1px solid var(--line);
    font: 400 var(--size-12) / 1.3 var(--font-mono);
    overflow-wrap: anywhere;
  }

  .lines {
    max-height: 40vh;
    padding: 8px 0;
    overflow: auto;
    background: var(--surface);
    font: 400 var(--size-13) / 1.5 var(--font-mono);
  }

  .line {
    display: block;
    padding-inline: 28px 12px;
    text-indent: -16px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  summary {
    padding: 4px 12px;
    color: var(--text-muted);
    font: 400 var(--size-12) / 1.5 var(--font-text);
    cursor: pointer;
  }

  .came {
    color: var(--positive);
  }

  .went {
    color: var(--danger);
  }

  .added {
    background: color-mix(in oklch, var(--positive) 13%, transparent);
  }

  .removed {
    background: color-mix(in oklch, var(--danger) 12%, transparent);
  }

  .answers {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }

  .answers {
    position: sticky;
    bottom: 0;
    padding-bottom: 16px;
    background: var(--surface-raised);
  }

  .answers .text {
    flex: 1 1 16rem;
  }

  @media (max-width: 767px) {
    .answers button {
      flex: 1 1 auto;
    }
  }
`;
