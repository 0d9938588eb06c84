import { css } from "lit";

/** Images side by side, each cut to its frame. */
export const imageRow = css`
  :host {
    display: block;
  }

  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin: 0;
    padding: 0;
    list-style: none;
  }

  img {
    display: block;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
`;
