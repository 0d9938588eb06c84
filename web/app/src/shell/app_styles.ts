import { css } from "lit";

/** Two rooms side by side; on a phone one at a time. */
export const shellStyles = css`
  :host {
    display: block;
    height: 100%;
  }

  .rooms {
    display: grid;
    grid-template: auto minmax(0, 1fr) / 18rem minmax(0, 1fr);
    height: 100%;
  }

  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    min-height: 52px;
    padding: 0 16px;
  }

  .name {
    font-weight: 600;
    letter-spacing: -0.005em;
  }

  .back {
    display: none;
  }

  main {
    grid-area: 1 / 2 / 3 / 3;
    min-width: 0;
    min-height: 0;
    border-left: 1px solid var(--line);
  }

  @media (max-width: 767px) {
    .rooms {
      grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    }

    header {
      border-bottom: 1px solid var(--line);
      min-height: 48px;
    }

    main {
      grid-area: 2 / 1;
      border-left: 0;
    }

    [data-route="list"] main,
    .rooms:not([data-route="list"]) atrium-session-list,
    .rooms:not([data-route="list"]) .name {
      display: none;
    }

    .back {
      display: flex;
      align-items: center;
      gap: 4px;
      min-height: 44px;
      margin-left: -8px;
      padding-right: 8px;
      font-weight: 500;
      color: inherit;
      text-decoration: none;
    }

    [data-route="list"] atrium-session-list {
      padding-top: 8px;
    }
  }
`;
