import { css, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { X } from "lucide";
import { type Session, TAG_LIMIT, TAGS_LIMIT } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import type { Dialog } from "../../design/dialog.ts";
import "../../design/dialog.ts";
import { icon } from "../../design/icon.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { folded } from "./list_query.ts";
import { listWords } from "./list_words.ts";
import { titleOf } from "./session_words.ts";

/** Tags that a person added to sessions, and took from them. */
export class TagsEvent extends Event {
  constructor(
    readonly sessions: readonly Session[],
    readonly added: readonly string[],
    readonly removed: readonly string[],
  ) {
    super("tags");
  }
}

const MOST_SUGGESTED = 8;

/** Edits the tags of one session, or those that several share. Fires `tags` (`TagsEvent`). */
@customElement("atrium-tags-dialog")
export class TagsDialog extends SignalElement {
  static override styles = [
    controls,
    css`
      .tags {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 8px;
      }

      .tag {
        gap: 4px;
        max-width: 100%;
        min-height: 28px;
        padding-block: 0;
        padding-inline: 10px 6px;
        border-color: var(--line-strong);
        font-size: var(--size-13);
        color: var(--text);
      }

      .tag span {
        overflow: hidden;
        text-overflow: ellipsis;
      }

      .tag svg {
        width: 12px;
        height: 12px;
        color: var(--text-muted);
      }

      .tag:hover {
        background: var(--hover);
      }

      .suggested {
        border-style: dashed;
        padding: 0 10px;
        color: var(--text-muted);
      }

      .field {
        margin-top: 16px;
        color: var(--text);
      }

      .none {
        margin-top: 8px;
      }

      @media (max-width: 767px) {
        .tag {
          min-height: 36px;
        }
      }
    `,
  ];

  /** Every tag in use, the most used first. */
  @property({ attribute: false }) known: readonly string[] = [];

  @state() private sessions: readonly Session[] = [];
  @state() private tags: readonly string[] = [];
  @state() private text = "";
  @state() private problem = "";
  @query("atrium-dialog") private dialog!: Dialog;
  @query("input") private field!: HTMLInputElement;
  #before: readonly string[] = [];

  /** Edit the tags that these sessions share. */
  async edit(sessions: readonly Session[]): Promise<void> {
    const [first, ...others] = sessions;
    this.sessions = sessions;
    this.#before = (first?.metadata.tags ?? []).filter((tag) =>
      others.every(({ metadata }) => metadata.tags?.includes(tag)),
    );
    this.tags = this.#before;
    this.text = "";
    this.problem = "";
    await this.updateComplete;
    this.dialog.show();
    this.field.focus();
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.dialog?.isOpen ?? false;
  }

  protected override render(): TemplateResult {
    const words = listWords();
    const [first] = this.sessions;
    const heading =
      this.sessions.length === 1
        ? words.tagsOf(titleOf(first?.metadata.title))
        : words.tagsOfMany(this.sessions.length);
    return html`
      <atrium-dialog heading=${heading} data-testid="tags-dialog" @keydown=${this.#onKey}>
        ${this.tags.length ? this.#renderTags() : html`<p class="none">${words.noTags}</p>`}
        <label class="field">
          ${words.addTag}
          <input
            class="text"
            data-testid="tag-input"
            autocomplete="off"
            aria-invalid=${this.problem ? "true" : "false"}
            aria-describedby="note"
            .value=${this.text}
            @input=${this.#write}
          />
          <span class="note ${this.problem ? "problem" : ""}" id="note" role="status">${this.problem || words.addTagNote}</span>
        </label>
        ${this.#renderSuggested()}
        <button slot="steps" type="button" class="quiet" @click=${() => this.dialog.close()}>${words.cancel}</button>
        <button slot="steps" type="button" class="primary" data-testid="save-tags" @click=${this.#save}>${words.save}</button>
      </atrium-dialog>
    `;
  }

  #renderTags(): TemplateResult {
    return html`
      <div class="tags">
        ${this.tags.map(
          (tag) => html`
            <button type="button" class="tag" aria-label=${listWords().withoutTag(tag)} @click=${() => this.#remove(tag)}>
              <span>${tag}</span>${icon(X)}
            </button>
          `,
        )}
      </div>
    `;
  }

  #renderSuggested(): TemplateResult {
    const written = folded(this.text.trim());
    const suggested = this.known
      .filter((tag) => !this.tags.includes(tag) && folded(tag).includes(written))
      .slice(0, MOST_SUGGESTED);
    return html`
      <div class="tags">
        ${suggested.map(
          (tag) =>
            html`<button type="button" class="tag suggested" @click=${() => this.#add(tag)}><span>${tag}</span></button>`,
        )}
      </div>
    `;
  }

  #write(): void {
    this.problem = "";
    const pieces = this.field.value.split(",");
    this.text = this.field.value;
    if (pieces.length > 1) for (const piece of pieces) this.#add(piece);
  }

  #add(text: string): void {
    const tag = text.trim();
    this.problem = this.#problemWith(tag);
    if (this.problem) return;
    if (tag && !this.tags.includes(tag)) this.tags = [...this.tags, tag];
    this.text = "";
    this.field.focus();
  }

  #problemWith(tag: string): string {
    const words = listWords();
    if ([...tag].length > TAG_LIMIT) return words.tooLongTag(TAG_LIMIT);
    return tag && this.tags.length >= TAGS_LIMIT && !this.tags.includes(tag)
      ? words.tooManyTags(TAGS_LIMIT)
      : "";
  }

  #remove(tag: string): void {
    this.tags = this.tags.filter((known) => known !== tag);
    this.field.focus();
  }

  #save(): void {
    if (this.text.trim()) this.#add(this.text);
    if (this.problem) return;
    const added = this.tags.filter((tag) => !this.#before.includes(tag));
    const removed = this.#before.filter((tag) => !this.tags.includes(tag));
    this.dialog.close();
    if (added.length + removed.length > 0) this.dispatchEvent(new TagsEvent(this.sessions, added, removed));
  }

  /** Enter adds what is written, and saves when nothing is; Backspace in the empty field takes the last tag. */
  #onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.composedPath()[0] !== this.field || event.isComposing) return;
    const last = this.tags.at(-1);
    if (event.key === "Enter" && this.text.trim()) this.#add(this.text);
    else if (event.key === "Enter") this.#save();
    else if (event.key === "Backspace" && !this.text && last !== undefined) this.#remove(last);
    else return;
    event.preventDefault();
  }
}
