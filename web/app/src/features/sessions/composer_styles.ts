import { css } from "lit";

/** How the composer looks: a field that grows, what stands above it, what stands below it. */
export const composerStyles = css`
  :host {
    display: block;
    outline: none !important;
  }

  form {
    position: relative;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-surface);
    background: var(--surface-raised);
    transition: border-color var(--quick);
  }

  form:focus-within {
    border-color: var(--focus);
  }

  form:has(textarea:focus-visible) {
    box-shadow: 0 0 0 1px var(--focus);
  }

  form.target {
    border-style: dashed;
    border-color: var(--focus);
  }

  .grow {
    display: grid;
    max-height: min(40vh, 20rem);
    overflow-y: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }

  .grow::after {
    content: attr(data-text) " ";
    visibility: hidden;
    pointer-events: none;
  }

  textarea,
  .grow::after {
    grid-area: 1 / 1;
    min-width: 0;
    padding: 12px 16px 4px;
    border: 0;
    background: none;
    font: 400 var(--size-16) / 1.5 var(--font-text);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  textarea {
    resize: none;
    overflow: hidden;
    outline: none;
  }

  textarea:focus-visible {
    outline: none;
  }

  textarea::placeholder {
    color: var(--text-muted);
    opacity: 1;
  }

  .foot {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 4px 8px 8px;
    min-height: var(--control);
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  ::slotted(:not([slot])) {
    flex: 1;
    min-width: 0;
  }

  .cancel:enabled {
    color: var(--text);
  }

  /* An empty square would be a box to tick. */
  .cancel svg {
    width: 12px;
    height: 12px;
    fill: currentColor;
  }

  .problems,
  .hold {
    margin: 0;
    padding: 4px 16px;
    font-size: var(--size-13);
    line-height: 1.4;
    overflow-wrap: anywhere;
  }

  .problems {
    color: var(--danger);
  }

  .hold {
    color: var(--text-muted);
  }

  @media (max-width: 767px), (pointer: coarse) {
    kbd {
      display: none;
    }
  }
`;
