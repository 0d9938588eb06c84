import { css } from "lit";

export const galleryStyles = css`
  :host {
    --page-width: 56rem;
  }

  .page {
    padding-top: 32px;
  }

  h1 {
    display: block;
    font-size: var(--size-28);
    line-height: 1.2;
    letter-spacing: -0.015em;
  }

  h2 {
    padding-bottom: 8px;
    border-bottom: 1px solid var(--line);
    font-size: var(--size-14);
    line-height: inherit;
  }

  section {
    gap: 16px;
  }

  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
  }

  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr));
    gap: 16px;
  }

  .swatch {
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: var(--size-12);
  }

  .swatch i {
    width: 32px;
    height: 32px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-control);
  }

  .surface i {
    background: var(--surface);
  }

  .surface-raised i {
    background: var(--surface-raised);
  }

  .text i {
    background: var(--text);
  }

  .text-muted i {
    background: var(--text-muted);
  }

  .line i {
    background: var(--line);
  }

  .accent i {
    background: var(--accent);
  }

  .positive i {
    background: var(--positive);
  }

  .warning i {
    background: var(--warning);
  }

  .danger i {
    background: var(--danger);
  }

  .focus i {
    background: var(--focus);
  }

  .s28 {
    font-size: var(--size-28);
  }

  .s20 {
    font-size: var(--size-20);
  }

  .s16 {
    font-size: var(--size-16);
  }

  .s14 {
    font-size: var(--size-14);
  }

  .s13 {
    font-size: var(--size-13);
  }

  .s12 {
    font-size: var(--size-12);
  }

  .mono {
    font-family: var(--font-mono);
  }
`;
