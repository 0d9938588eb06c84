import { css, html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { controls } from "../../design/controls.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import type { Route } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./new_session_page.ts";
import type { SessionListView } from "./session_list_view.ts";
import "./session_list_view.ts";
import "./session_page.ts";

/** The list of the sessions, and beside it the open one or a new one; on a phone one of the two. */
@customElement("atrium-sessions-room")
export class SessionsRoom extends SignalElement implements Room {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template: minmax(0, 1fr) / clamp(13rem, 24vw, 18rem) minmax(0, 1fr);
        min-height: 0;
      }

      atrium-session-list {
        padding-top: 8px;
      }

      .page {
        display: grid;
        min-width: 0;
        min-height: 0;
        border-inline-start: 1px solid var(--line);
      }

      @media (max-width: 767px) {
        :host {
          grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        }

        .page {
          border: 0;
        }

        .away {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/", params: {} };
  @query("atrium-session-list") private list!: SessionListView | null;
  @query(".page > *") private page!: HTMLElement | null;
  #shownRoute: Route["name"] | undefined;

  /** Move the focus along the list. */
  step(by: number): void {
    this.list?.step(by);
  }

  protected override updated(): void {
    const { name } = this.hub.router.route.value;
    if (name === "new" && this.#shownRoute !== name) this.page?.focus();
    this.#shownRoute = name;
    if (name !== "session") document.title = "Atrium";
  }

  protected override render(): TemplateResult {
    const route = this.hub.router.route.value;
    return html`
      <atrium-session-list class=${route.name === "list" ? "" : "away"} .hub=${this.hub}></atrium-session-list>
      <div class=${route.name === "list" ? "page away" : "page"}>
        ${
          route.name === "session"
            ? html`<atrium-session-page .hub=${this.hub} .sessionId=${route.id}></atrium-session-page>`
            : html`<atrium-new-session-page .hub=${this.hub}></atrium-new-session-page>`
        }
      </div>
    `;
  }
}
