import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { type Approval, listClosed, type Permission, takeBack } from "../../api/approvals.ts";
import { controls } from "../../design/controls.ts";
import "../../design/empty_state.ts";
import "../../design/progress.ts";
import { pageStyles } from "../../design/page_styles.ts";
import { fullTime, shortTime } from "../../design/times.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./approval_card.ts";
import { approvalWords } from "./words.ts";

const SHOWN_CLOSED = 30;

/** What waits for the person's answer, what is allowed without asking, and how earlier questions ended. */
@customElement("atrium-approvals-room")
export class ApprovalsRoom extends SignalElement implements Room {
  static override styles = [
    controls,
    pageStyles,
    css`
      atrium-empty {
        padding: 0;
      }

      li {
        align-items: center;
        min-height: 48px;
      }

      .title {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/approvals", params: {} };
  @state() private closed: readonly Approval[] | undefined;
  @state() private permissions: readonly Permission[] | undefined;
  #openBefore: number | undefined;
  #end: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = `${shellWords().approvals} · Atrium`;
    this.#end = this.hub.followTopic<readonly Permission[]>("approvals/permissions", {
      apply: (permissions) => {
        this.permissions = permissions;
      },
      gone: () => {
        this.permissions = undefined;
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
  }

  protected override render(): TemplateResult {
    const open = this.hub.approvals.open.value;
    if (this.hub.isLive && this.#openBefore !== open?.length) {
      this.#openBefore = open?.length;
      void this.#readClosed();
    }
    return html`
      <div class="page" data-testid="approvals-page">
        <h1>${shellWords().approvals}</h1>
        <section aria-live="polite">${this.#renderOpen(open)}</section>
        ${this.#renderPermissions()} ${this.#renderClosed()}
      </div>
    `;
  }

  #renderOpen(open: readonly Approval[] | undefined): TemplateResult {
    const words = approvalWords();
    if (this.hub.approvals.isMissing.value) return html`<p class="note">${words.unknown}</p>`;
    if (!open) return html`<atrium-progress class="late" label=${words.reading}></atrium-progress>`;
    if (open.length === 0)
      return html`<atrium-empty heading=${words.nothing}>${words.nothingAbout}</atrium-empty>`;
    return html`
      <h2>${words.waiting(open.length)}</h2>
      ${repeat(
        open,
        ({ id }) => id,
        (approval) => html`<atrium-approval .hub=${this.hub} .approval=${approval}></atrium-approval>`,
      )}
    `;
  }

  #renderPermissions(): TemplateResult | typeof nothing {
    const words = approvalWords();
    if (!this.permissions) return nothing;
    return html`
      <section aria-labelledby="permissions">
        <h2 id="permissions">${words.permissions}</h2>
        ${
          this.permissions.length === 0
            ? html`<p class="note">${words.noPermissions}</p>`
            : html`<ul role="list">
              ${this.permissions.map((permission) => this.#renderPermission(permission))}
            </ul>`
        }
      </section>
    `;
  }

  #renderPermission(permission: Permission): TemplateResult {
    const words = approvalWords();
    const extent =
      permission.pattern === null
        ? words.exactly(permission.project ?? "")
        : words.inSession(permission.pattern);
    return html`
      <li>
        <span class="title">${permission.title}<br /><span class="note" dir="ltr">${extent}</span></span>
        <button type="button" class="plain" ?disabled=${!this.hub.isLive} @click=${() => this.#takeBack(permission)}>
          ${words.takeBack}
        </button>
      </li>
    `;
  }

  #renderClosed(): TemplateResult | typeof nothing {
    const words = approvalWords();
    if (!this.closed) return nothing;
    return html`
      <section aria-labelledby="history">
        <h2 id="history">${words.history}</h2>
        ${
          this.closed.length === 0
            ? html`<p class="note">${words.noHistory}</p>`
            : html`<ul role="list">
              ${this.closed.map(renderEnd)}
            </ul>`
        }
      </section>
    `;
  }

  async #readClosed(): Promise<void> {
    try {
      this.closed = await listClosed(SHOWN_CLOSED);
    } catch (error) {
      if (this.hub.connection.state.peek().kind === "live")
        this.hub.notices.fail(approvalWords().history, error);
    }
  }

  async #takeBack(permission: Permission): Promise<void> {
    try {
      await takeBack(permission.id);
      this.hub.notices.say(approvalWords().takenBack);
    } catch (error) {
      this.hub.notices.fail(approvalWords().notTakenBack, error);
    }
  }
}

function renderEnd({ title, status, closedAt, answeredBy, rule }: Approval): TemplateResult {
  const words = approvalWords();
  const ends: Readonly<Record<string, string>> = {
    allowed: words.allowed,
    rejected: words.rejected,
    expired: words.expired,
    withdrawn: words.withdrawn,
  };
  const by = answeredBy !== null ? words.byWhom(answeredBy) : rule !== null ? words.byRule : "";
  const when = closedAt ?? "";
  return html`
    <li>
      <span class="title">${title}<br /><span class="note">${ends[status] ?? status}${by ? ` ${by}` : ""}</span></span>
      <time class="note" datetime=${when} title=${fullTime(when)}>${shortTime(when, Date.now())}</time>
    </li>
  `;
}
