import { css } from "lit";

/** A page with a head, a body that scrolls, and a composer at its foot. */
export const sessionPageStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    grid-template-columns: minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
    height: 100%;
    background: var(--surface-raised);
  }

  .foot {
    width: 100%;
    max-width: calc(var(--measure) + 2 * var(--gutter));
    margin: 0 auto;
    padding: 0 calc(var(--gutter) - 16px) max(16px, env(safe-area-inset-bottom));
  }

  .hint {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .strip {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    padding-block: 4px;
    padding-inline: 16px 4px;
    border-bottom: 1px solid var(--line);
    font-size: var(--size-13);
    color: var(--text-muted);
  }

  .strip span {
    flex: 1 1 16rem;
    min-width: 0;
  }

  .strip button {
    color: var(--text);
  }

  .stopped {
    padding: 16px;
    font-size: var(--size-14);
    color: var(--text-muted);
  }

  a {
    color: var(--accent);
    text-underline-offset: 3px;
  }

  @media (max-width: 767px) {
    .foot {
      padding: 0 8px max(8px, env(safe-area-inset-bottom));
    }
  }
`;
