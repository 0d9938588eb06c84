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
    padding-inline-start: 16px;
    border-inline-start: 2px solid var(--line-strong);
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

  .words,
  .words .text {
    unicode-bidi: plaintext;
  }

  .words {
    font-size: var(--size-16);
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .words:empty {
    display: none;
  }

  .words > * + * {
    margin-top: 8px;
  }

  .words .folded > .text {
    max-height: calc(var(--shown-lines) * 1.5em);
    overflow: clip;
  }

  .words .folded > button {
    width: 100%;
    font-size: var(--size-12);
    border-top: 1px solid var(--line);
    border-radius: 0 0 var(--radius-control) var(--radius-control);
  }

  .words + atrium-said-images {
    margin-top: 8px;
  }

  .new {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-block: -8px;
    font-size: var(--size-12);
    font-weight: 500;
    color: var(--text-muted);
  }

  .new::after {
    content: "";
    flex: 1;
    border-top: 1px solid var(--line-strong);
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
    padding-inline-start: 18px;
  }

  .end .dot {
    color: var(--accent);
  }

  .end.asks .dot {
    color: var(--warning);
  }

  .end button {
    min-height: 28px;
    padding: 0 8px;
    font-size: var(--size-12);
  }

  .acts {
    display: flex;
    gap: 2px;
    opacity: 0;
  }

  .turn header .acts {
    margin-block: -4px;
  }

  .turn header .acts button {
    min-height: 24px;
    padding: 0 6px;
    font-size: var(--size-12);
  }

  .turn:is(:hover, :focus-within) .acts {
    opacity: 1;
  }

  @media (pointer: coarse) {
    .acts {
      opacity: 1;
    }
  }

  .danger {
    color: var(--danger);
  }

  .break {
    display: grid;
    gap: 12px;
    margin-top: 12px;
    padding-block: 4px;
    padding-inline-start: 14px;
    border-inline-start: 2px solid currentColor;
    font-size: var(--size-14);
  }

  .break p,
  .break .plain,
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

  .change {
    display: flex;
    align-items: baseline;
    gap: 8px;
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  .answer .change {
    margin-bottom: 8px;
  }

  .change svg {
    flex: none;
    align-self: center;
  }

  .change code {
    font: 400 var(--size-12) / 1.4 var(--font-mono);
  }

  .steps {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
`;
