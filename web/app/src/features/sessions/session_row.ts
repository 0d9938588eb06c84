import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { Ellipsis } from "lucide";
import { type Session, TITLE_LIMIT } from "../../api/sessions.ts";
import { icon } from "../../design/icon.ts";
import { fullTime } from "../../design/times.ts";
import { sessionPath } from "../../state/router.ts";
import { isUnread, piecesOf } from "./list_query.ts";
import { agoTime } from "./list_times.ts";
import { listWords } from "./list_words.ts";
import { activityOf, titleOf } from "./session_words.ts";

/** How a session's row is drawn. */
export interface RowLook {
  readonly index: number;
  readonly now: number;
  /** What is looked for. */
  readonly text: string;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  /** Whether it is the one that Tab reaches. */
  readonly isCurrent: boolean;
  /** The title as it was when a person began to write another; nobody does while it is `undefined`. */
  readonly renamedFrom: string | undefined;
  /** Without the hub nothing is said to run: what went on when it was last heard may be over. */
  readonly isLive: boolean;
  /** Whether its agent asks the person whether it may do something. */
  readonly asksPerson: boolean;
}

/** What a row calls. */
export interface RowActs {
  readonly focused: () => void;
  readonly picked: (event: MouseEvent) => void;
  readonly clicked: (event: MouseEvent) => void;
  readonly menu: (button: HTMLElement) => void;
  readonly renamed: (title: string) => void;
  readonly renameEnded: () => void;
}

/** Draw a session: one line. */
export function renderRow(session: Session, look: RowLook, acts: RowActs): TemplateResult {
  const title = titleOf(session.metadata.title);
  return html`
    <li
      class="row ${look.isSelected ? "selected" : ""} ${look.isOpen ? "open" : ""}"
      data-index=${look.index}
      data-id=${session.id}
    >
      <label class="pick">
        <input
          type="checkbox"
          tabindex="-1"
          aria-label=${listWords().select(title)}
          .checked=${live(look.isSelected)}
          @click=${acts.picked}
        />
      </label>
      ${look.renamedFrom === undefined ? [renderLink(session, title, look, acts), renderMore(title, acts)] : renderField(look.renamedFrom, acts)}
    </li>
  `;
}

function renderLink(session: Session, title: string, look: RowLook, acts: RowActs): TemplateResult {
  const isMarked = isUnread(session) && !look.isOpen;
  const tags = session.metadata.tags ?? [];
  return html`
    <a
      class="item ${isMarked ? "unread" : ""}"
      href=${sessionPath(session.id)}
      tabindex=${look.isCurrent ? 0 : -1}
      aria-current=${look.isOpen ? "page" : "false"}
      title=${title}
      data-testid="session-item"
      data-session-id=${session.id}
      @focus=${acts.focused}
      @click=${acts.clicked}
    >
      ${isMarked ? html`<span class="mark"><span class="dot"></span><span class="visually-hidden">${listWords().unread}</span></span>` : nothing}
      <span class="title" dir="auto">${renderTitle(title, look.text)}</span>
      ${session.forkedFrom ? html`<span class="copied">${listWords().copied}</span>` : nothing}
      ${tags.length > 0 ? html`<span class="tags">${tags.map((tag) => html`<span>${tag}</span>`)}</span>` : nothing}
      ${renderEnd(session, look)}
    </a>
  `;
}

function renderTitle(title: string, text: string): unknown {
  if (!text.trim()) return title;
  return piecesOf(title, text).map((piece) =>
    piece.isMatch ? html`<mark>${piece.text}</mark>` : piece.text,
  );
}

function renderEnd(session: Session, { isLive, asksPerson, now }: RowLook): TemplateResult {
  const activity = isLive ? activityOf(session, asksPerson) : undefined;
  if (activity)
    return html`<span class="activity ${activity.tone}" data-testid="activity"><span class="dot"></span>${activity.words}</span>`;
  return html`<time datetime=${session.updatedAt} title=${fullTime(session.updatedAt)}>${agoTime(session.updatedAt, now)}</time>`;
}

function renderMore(title: string, acts: RowActs): TemplateResult {
  const open = (event: Event): void => acts.menu(event.currentTarget as HTMLElement);
  return html`
    <button
      type="button"
      class="more quiet"
      tabindex="-1"
      aria-haspopup="menu"
      aria-expanded="false"
      aria-label=${listWords().more(title)}
      @click=${open}
    >
      ${icon(Ellipsis)}
    </button>
  `;
}

function renderField(title: string, acts: RowActs): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    if (event.key === "Enter") acts.renamed((event.target as HTMLInputElement).value);
    else acts.renameEnded();
  };
  return html`
    <input
      class="rename"
      aria-label=${listWords().title}
      data-testid="list-rename"
      maxlength=${TITLE_LIMIT}
      .value=${title}
      @keydown=${onKey}
      @blur=${(event: Event) => acts.renamed((event.target as HTMLInputElement).value)}
    />
  `;
}
