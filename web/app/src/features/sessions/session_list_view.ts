import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { Plus } from "lucide";
import type { Session } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { fullTime, shortTime } from "../../design/times.ts";
import type { Hub } from "../../state/hub.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { sessionListStyles } from "./session_list_styles.ts";
import { activityOf, titleOf } from "./session_words.ts";

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** The person's sessions, one line each. */
@customElement("atrium-session-list")
export class SessionListView extends SignalElement {
  static override styles = [controls, sessionListStyles];

  @property({ attribute: false }) hub!: Hub;

  /** Move the focus along the list, from the open session when nothing in it has the focus. */
  step(by: number): void {
    const links = [...this.renderRoot.querySelectorAll<HTMLAnchorElement>("a.item")];
    const active = this.shadowRoot?.activeElement;
    const from = links.findIndex((link) => link === active || (!active && link.ariaCurrent === "page"));
    const to =
      from < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(from + by, 0), links.length - 1);
    links[to]?.focus();
  }

  protected override render(): TemplateResult {
    return html`
      <nav aria-label="Sessions" @keydown=${this.#onKey}>
        <a class="new" href="/new" data-testid="new-session" aria-keyshortcuts="n">
          ${icon(Plus)}<span>New session</span><kbd>n</kbd>
        </a>
        <div class="list">${this.#renderList()}</div>
      </nav>
    `;
  }

  #renderList(): TemplateResult {
    const sessions = this.hub.sessionList.sessions.value;
    const problem = this.hub.sessionList.problem.value;
    if (problem && !sessions) return html`<p class="note">${problem.title}. ${problem.detail}</p>`;
    if (!sessions) return html`<p class="note late" role="status">Reading the sessions</p>`;
    const now = Date.now();
    return html`
      <ul role="list" data-testid="session-list">
        ${repeat(
          sessions,
          (session) => session.id,
          (session) => this.#renderItem(session, now),
        )}
      </ul>
      ${sessions.length === 0 ? html`<p class="note" data-testid="no-sessions">No sessions yet. What you start appears here and on your other screens.</p>` : ""}
    `;
  }

  #renderItem(session: Session, now: number): TemplateResult {
    const route = this.hub.router.route.value;
    const isOpen = route.name === "session" && route.id === session.id;
    // What went on when the hub was last heard may be over: without it nothing is said to run.
    const activity = this.hub.isLive ? activityOf(session) : undefined;
    return html`
      <li>
        <a
          class="item"
          href=${sessionPath(session.id)}
          aria-current=${isOpen ? "page" : "false"}
          data-testid="session-item"
          data-session-id=${session.id}
        >
          <span class="title">${titleOf(session.metadata.title)}</span>
          ${
            activity
              ? html`<span class="activity ${activity.tone}"><span class="dot"></span>${activity.words}</span>`
              : html`<time datetime=${session.updatedAt} title=${fullTime(session.updatedAt)}>
                  ${shortTime(session.updatedAt, now)}
                </time>`
          }
        </a>
      </li>
    `;
  }

  #onKey(event: KeyboardEvent): void {
    const by = STEPS[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.step(by);
  }
}
