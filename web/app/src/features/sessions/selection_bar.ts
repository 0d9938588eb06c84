import { html, nothing, type TemplateResult } from "lit";
import { Pin, PinOff, Tag, Trash2, X } from "lucide";
import type { Session } from "../../api/sessions.ts";
import { icon } from "../../design/icon.ts";
import type { ListActs } from "./list_menu.ts";
import { listWords } from "./list_words.ts";

/** What the bar below the list calls. */
export interface SelectionActs extends Omit<ListActs, "rename"> {
  readonly clear: () => void;
}

/** Say how many sessions are selected, and offer what can be done with all of them. */
export function renderSelection(
  sessions: readonly Session[],
  isLive: boolean,
  acts: SelectionActs,
): TemplateResult | typeof nothing {
  if (sessions.length === 0) return nothing;
  const words = listWords();
  const areAllPinned = sessions.every((session) => session.pinned);
  const pin = areAllPinned ? words.unpin : words.pin;
  return html`
    <div class="bar" role="toolbar" aria-label=${words.selected(sessions.length)} data-testid="selection">
      <span class="figures" role="status">${words.selected(sessions.length)}</span>
      <button type="button" class="quiet square" aria-label=${pin} title=${pin} data-testid="pin-selected" ?disabled=${!isLive} @click=${() => acts.pin(sessions)}>
        ${icon(areAllPinned ? PinOff : Pin)}
      </button>
      <button type="button" class="quiet square" aria-label=${words.editTags} title=${words.editTags} data-testid="tag-selected" ?disabled=${!isLive} @click=${() => acts.editTags(sessions)}>
        ${icon(Tag)}
      </button>
      <button type="button" class="quiet square" aria-label=${words.delete} title=${words.delete} data-testid="delete-selected" ?disabled=${!isLive} @click=${() => acts.remove(sessions)}>
        ${icon(Trash2)}
      </button>
      <button type="button" class="quiet square" aria-label=${words.clearSelection} title=${words.clearSelection} @click=${acts.clear}>
        ${icon(X)}
      </button>
    </div>
  `;
}
