import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ArrowUp, Paperclip, Square } from "lucide";
import { type Attachment, MOST_IMAGES } from "../../api/attachments.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { byteLength, isImage, quoteFiles } from "./attachments.ts";
import { composerStyles } from "./composer_styles.ts";
import { composerWords } from "./composer_words.ts";
import type { ImageTray } from "./image_upload.ts";
import { imageWords } from "./image_words.ts";

/** What a person sends: a text, images, or both. */
export class SendEvent extends Event {
  constructor(
    readonly content: string,
    readonly attachments: readonly Attachment[],
  ) {
    super("send");
  }
}

/**
 * Where a person writes. Keeps its draft. Fires `send` (`SendEvent`), `cancel`, `draft` when the text was changed here, and
 * `editlast` when the person goes up from an empty field. The slot `above` stands above the text.
 */
@customElement("atrium-composer")
export class Composer extends SignalElement {
  static override shadowRootOptions = { ...SignalElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [controls, composerStyles];

  @property({ attribute: false }) texts!: KeyedTexts;
  /** What the draft is kept under. */
  @property({ attribute: false }) draftKey = "";
  @property({ attribute: false }) label = composerWords().message;
  /** The images that go with the text. */
  @property({ attribute: false }) images!: ImageTray;
  /** Why images cannot be sent; empty where they can. */
  @property({ attribute: false }) imagesRefused = "";
  /** Whether there is a turn to cancel. */
  @property({ type: Boolean }) running = false;
  /** Whether the hub can be asked to cancel now. */
  @property({ type: Boolean }) reachable = true;
  /** Whether sending must wait for the last one. */
  @property({ type: Boolean }) busy = false;
  /** Whether the next Esc cancels the turn: said while a text is being written. */
  @property({ type: Boolean }) holding = false;

  @state() private text = "";
  @state() private problems: readonly string[] = [];
  @state() private isTarget = false;
  /** Whether it is to be sent as soon as the images are uploaded. */
  @state() private isWaiting = false;
  @query("textarea") private field!: HTMLTextAreaElement;
  @query("input[type=file]") private chooser!: HTMLInputElement;

  /** What is written so far. */
  get written(): string {
    return this.text;
  }

  /** Put a text in, in front of what is there. */
  restore(text: string): void {
    this.#write([text, this.text].filter(Boolean).join("\n"));
    this.focus();
  }

  /** Put a text in as a quotation, behind what is there. */
  quote(text: string): void {
    const quotation = text.replace(/^/gm, "> ");
    this.#write(`${this.text.trimEnd()}${this.text.trim() ? "\n\n" : ""}${quotation}\n\n`);
    this.focus();
  }

  /** Show another text instead, such as the draft of another screen. It is not a change made here. */
  replace(text: string): void {
    this.text = text;
    this.texts.set(this.draftKey, text);
  }

  /** Take images, and quote text files behind what is there; say which cannot be. */
  async attach(files: readonly File[]): Promise<void> {
    this.isTarget = false;
    const refused = this.#attachImages(files.filter(isImage));
    const texts = files.filter((file) => !isImage(file));
    const { text, problems } = await quoteFiles(texts, byteLength(this.text));
    this.problems = [...refused, ...problems];
    if (text) this.#write(`${this.text.trimEnd()}${this.text.trim() ? "\n\n" : ""}${text}`);
    this.focus();
  }

  /** Show that what is dragged over the page would land here. */
  aim(isTarget: boolean): void {
    this.isTarget = isTarget;
  }

  override focus(): void {
    void this.updateComplete.then(() => this.field.focus());
  }

  /** Forget the text and the images: they were taken. */
  clear(): void {
    this.problems = [];
    this.images.clear();
    this.#write("");
  }

  protected override willUpdate(changed: PropertyValues): void {
    // Most messages go without images.
    if (this.images.images.value.length > 0) import("./image_tray_view.ts").catch(() => undefined);
    if (changed.has("imagesRefused")) this.problems = [];
    if (!changed.has("draftKey")) return;
    this.text = this.texts.get(this.draftKey);
    this.problems = [];
    this.isWaiting = false;
  }

  protected override updated(): void {
    if (!this.isWaiting || this.images.isUnderWay) return;
    this.isWaiting = false;
    if (!this.images.hasFailed) this.#send();
  }

  protected override render(): TemplateResult {
    return html`
      <form class=${this.isTarget ? "target" : ""} @submit=${this.#onSubmit}>
        <slot name="above"></slot>
        <atrium-image-tray .tray=${this.images} @emptied=${this.focus}></atrium-image-tray>
        <div class="grow" data-text=${this.text}>
          <textarea
            rows="1"
            aria-label=${this.label}
            placeholder=${this.isTarget ? this.#dropWords() : this.label}
            data-testid="composer"
            enterkeyhint=${isTouched() ? "enter" : "send"}
            .value=${this.text}
            @input=${() => this.#write(this.field.value)}
            @paste=${this.#onPaste}
            @keydown=${this.#onKey}
          ></textarea>
        </div>
        <div role="alert">
          ${this.#problemsNow().map((problem) => html`<p class="problems" data-testid="not-attached">${problem}</p>`)}
        </div>
        <div role="status">
          ${this.holding ? html`<p class="hold" data-testid="escape-again">${composerWords().escapeAgain}</p>` : ""}
          ${this.isWaiting ? html`<p class="hold" data-testid="sent-when-uploaded">${imageWords().sentWhenUploaded}</p>` : ""}
          ${this.isTarget && this.text ? html`<p class="hold">${this.#dropWords()}</p>` : ""}
        </div>
        ${this.#renderFoot()}
      </form>
    `;
  }

  #renderFoot(): TemplateResult {
    const words = composerWords();
    const attach = this.imagesRefused ? words.attachText : words.attach;
    return html`<div class="foot">
      <button
        type="button"
        class="quiet square"
        aria-label=${attach}
        title=${this.imagesRefused ? `${attach}. ${this.imagesRefused}` : attach}
        data-testid="attach"
        @click=${() => this.chooser.click()}
      >
        ${icon(Paperclip)}
      </button>
      <input type="file" multiple hidden tabindex="-1" aria-hidden="true" @change=${this.#onChoice} />
      <slot></slot>
      ${
        this.running
          ? html`<button type="button" class="plain cancel" data-testid="cancel" ?disabled=${!this.reachable} @click=${this.#cancel}>
              ${icon(Square)}${words.cancel}<kbd>Esc</kbd>
            </button>`
          : ""
      }
      <button
        type="submit"
        class="primary square"
        aria-label=${words.send}
        title=${words.sendWith}
        data-testid="send"
        ?disabled=${!this.#maySend()}
      >
        ${icon(ArrowUp)}
      </button>
    </div>`;
  }

  /** Take images as far as there is room; returns why some are not taken. */
  #attachImages(files: readonly File[]): string[] {
    if (files.length === 0) return [];
    if (this.imagesRefused) return [this.imagesRefused];
    const room = MOST_IMAGES - this.images.images.peek().length;
    this.images.add(files.slice(0, room));
    return files.length > room ? [imageWords().tooMany(MOST_IMAGES)] : [];
  }

  /** Images that wait where none are taken, as after a change of the provider, hold the message up. */
  #problemsNow(): readonly string[] {
    const isStuck = this.imagesRefused !== "" && this.images.images.value.length > 0;
    return isStuck && !this.problems.includes(this.imagesRefused)
      ? [...this.problems, this.imagesRefused]
      : this.problems;
  }

  #maySend(): boolean {
    const { hasFailed, images } = this.images;
    const count = images.value.length;
    if (this.busy || hasFailed || (count > 0 && this.imagesRefused)) return false;
    return count > 0 || this.text.trim() !== "";
  }

  #dropWords(): string {
    const words = composerWords();
    return this.imagesRefused ? words.dropTextHere : words.dropHere;
  }

  #write(text: string): void {
    this.text = text;
    this.isWaiting = false;
    this.texts.set(this.draftKey, text);
    this.dispatchEvent(new Event("draft"));
  }

  /** Where a key is part of a word that is being composed, it is not a command: 229 is what Safari says after its end. */
  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    const sends = event.ctrlKey || event.metaKey || (!hasModifier(event) && !isTouched());
    if (event.key === "Enter" && sends) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" && this.text === "" && !hasModifier(event)) {
      event.preventDefault();
      this.dispatchEvent(new Event("editlast"));
    }
  }

  #onPaste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData?.getData("text/plain")) return;
    event.preventDefault();
    void this.attach(files);
  }

  #onChoice(): void {
    const files = [...(this.chooser.files ?? [])];
    this.chooser.value = "";
    void this.attach(files);
  }

  #onSubmit(event: Event): void {
    event.preventDefault();
    this.#send();
  }

  #send(): void {
    if (!this.#maySend()) return;
    this.isWaiting = this.images.isUnderWay;
    if (this.isWaiting) return;
    const content = this.text.replace(/^\s*\n|\s+$/g, "");
    this.dispatchEvent(new SendEvent(content, this.images.attachments));
  }

  #cancel(): void {
    this.dispatchEvent(new Event("cancel"));
  }
}

/** Where one types on glass, Enter is the only key for a new line; the button sends. */
function isTouched(): boolean {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;
}
