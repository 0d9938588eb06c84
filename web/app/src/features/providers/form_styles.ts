import { css } from "lit";

/** The forms of the room: fields below each other, side by side where there is room, and their steps. */
export const formStyles = css`
  :host {
    display: block;
  }

  form {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 12px;
    max-width: 40rem;
    padding-block: 8px;
  }

  .field,
  .note {
    overflow-wrap: anywhere;
  }

  .note {
    font-size: var(--size-13);
    line-height: 1.45;
    color: var(--text-muted);
  }

  code {
    font: 500 0.92em / 1.4 var(--font-mono);
  }

  .refusal {
    padding-inline-start: 12px;
    border-inline-start: 2px solid var(--danger);
    font-size: var(--size-14);
    line-height: 1.45;
    overflow-wrap: anywhere;
  }

  .steps,
  .refusal,
  .whole {
    grid-column: 1 / -1;
  }

  .steps {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }

  @media (max-width: 767px) {
    form {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
