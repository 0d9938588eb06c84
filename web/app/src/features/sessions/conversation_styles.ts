import { css } from "lit";

/** How turns look: one column, no bubbles; a thin rule marks what people said. */
export const conversationStyles = css`
  .turn {
    display: grid;
    gap: 24px;
    padding-bottom: 32px;
  }

  .said,
  .answer {
    min-width: 0;
  }

  .said {
    padding-left: 16px;
    border-left: 2px solid var(--line-strong);
  }

  .turn header,
  .said header {
    display: flex;
    align-items: baseline;
    gap: 8px;
    margin-bottom: 4px;
    font-size: var(--size-13);
    line-height: 1.5;
  }

  .name {
    font-weight: 600;
  }

  .answer header .note,
  .said header time,
  .waits {
    font-size: var(--size-12);
    font-variant-numeric: tabular-nums;
    color: var(--text-muted);
  }

  .words {
    font-size: var(--size-16);
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }


  .end {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 28px;
    margin-top: 8px;
    font-size: var(--size-12);
    font-variant-numeric: tabular-nums;
    color: var(--text-muted);
  }

  .end.waits {
    margin-top: -16px;
    padding-left: 18px;
  }

  .end .dot {
    color: var(--accent);
  }

  .end button {
    min-height: 28px;
    padding: 0 8px;
    font-size: var(--size-12);
  }

  .aside {
    margin: 4px 0;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  .aside summary {
    display: flex;
    align-items: center;
    gap: 8px;
    width: fit-content;
    max-width: 100%;
    min-height: 28px;
    padding: 0 8px 0 0;
    border-radius: var(--radius-control);
    list-style: none;
    cursor: pointer;
    font-variant-numeric: tabular-nums;
  }

  .aside summary::-webkit-details-marker {
    display: none;
  }

  .aside summary:hover {
    color: var(--text);
  }

  .aside summary > span {
    flex: none;
  }

  .aside .tool-name,
  .aside .tool-input {
    unicode-bidi: isolate;
  }

  .aside .tool-name {
    font-family: var(--font-mono);
    color: var(--text);
  }

  .aside .tool-input {
    flex: 0 1 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-family: var(--font-mono);
  }

  .aside[open] .tool-input {
    display: none;
  }

  .aside[open] .lucide-chevron-right {
    transform: rotate(90deg);
  }

  .aside .words {
    padding: 4px 0 8px 24px;
    font-size: var(--size-14);
  }

  .aside h3 {
    margin: 8px 0 4px 24px;
    font-size: var(--size-12);
    font-weight: 500;
  }

  .aside pre {
    margin: 0 0 8px 24px;
    padding: 8px 12px;
    max-height: 20rem;
    overflow: auto;
    border-radius: var(--radius-control);
    background: var(--surface);
    color: var(--text);
    font: 400 var(--size-13) / 1.5 var(--font-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .danger {
    color: var(--danger);
  }

  .break {
    display: grid;
    gap: 12px;
    margin-top: 12px;
    padding: 4px 0 4px 14px;
    border-left: 2px solid currentColor;
    font-size: var(--size-14);
  }

  .break p,
  .break button {
    color: var(--text);
  }

  .break code {
    font: 400 var(--size-13) / 1.4 var(--font-mono);
  }

  .break strong {
    font-weight: 600;
  }

  .break.warning {
    border-color: var(--warning);
  }

  .break.warning strong {
    color: var(--warning);
  }

  .break.danger strong {
    color: var(--danger);
  }

  .steps {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
`;
