import { css } from "lit";

/** A rail, and the room beside it; on a phone the room between a head and the bar of places. */
export const shellStyles = css`
  :host {
    display: block;
    height: 100%;
  }

  .frame {
    display: grid;
    grid-template: minmax(0, 1fr) auto / 84px minmax(0, 1fr);
    height: 100%;
  }

  .frame > header {
    display: none;
  }

  atrium-navigation {
    grid-area: 1 / 1;
    min-height: 0;
  }

  atrium-connection-status {
    grid-area: 2 / 1;
    justify-self: center;
    max-width: 100%;
    padding: 4px 2px 14px;
  }

  main {
    grid-area: 1 / 2 / 3 / 3;
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
    border-inline-start: 1px solid var(--line);
  }

  @media (max-width: 767px) {
    .frame {
      grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr) auto;
    }

    .frame > header {
      grid-area: 1 / 1;
      display: flex;
      align-items: center;
      min-width: 0;
      min-height: 48px;
      padding-inline-start: 16px;
    }

    atrium-connection-status {
      grid-area: 1 / 2;
      align-self: center;
      padding: 0;
      padding-inline-end: 16px;
    }

    main {
      grid-area: 2 / 1 / 3 / 3;
      border-inline-start: 0;
      border-top: 1px solid var(--line);
    }

    atrium-navigation {
      grid-area: 3 / 1 / 4 / 3;
    }

    .inside atrium-navigation {
      display: none;
    }

    h1 {
      font-size: var(--size-16);
      font-weight: 600;
      line-height: 1.3;
    }

    .back {
      display: flex;
      align-items: center;
      gap: 4px;
      min-height: 44px;
      margin-inline-start: -6px;
      padding-inline-end: 8px;
      font-weight: 500;
      color: inherit;
      text-decoration: none;
    }

    .back:dir(rtl) svg {
      transform: scaleX(-1);
    }
  }
`;
