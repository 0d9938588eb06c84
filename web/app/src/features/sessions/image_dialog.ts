import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { ChevronLeft, ChevronRight, Download, ExternalLink, X } from "lucide";
import { type Attachment, addressOf } from "../../api/attachments.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { imageDialogWords, sizeOf } from "./image_dialog_words.ts";
import { imageWords } from "./image_words.ts";

const SWIPE_PX = 48;

/** One image of a conversation as large as the window allows, and ways to the others. It goes away when it is closed. */
@customElement("atrium-image-dialog")
export class ImageDialog extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: 100vw;
        max-width: none;
        height: 100dvh;
        max-height: none;
        padding: 0;
        border: 0;
        background: var(--surface);
        color: var(--text);
        overflow: hidden;
      }

      dialog[open] {
        display: grid;
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
      }

      header {
        display: flex;
        align-items: center;
        gap: 4px 8px;
        padding: 8px 8px 8px 16px;
        border-bottom: 1px solid var(--line);
      }

      .about {
        flex: 1;
        min-width: 0;
        margin-inline-end: 8px;
        line-height: 1.3;
      }

      h2,
      .about p {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      h2 {
        font-size: var(--size-14);
        font-weight: 600;
      }

      .about p,
      footer {
        font-size: var(--size-12);
        font-variant-numeric: tabular-nums;
        color: var(--text-muted);
      }

      .stage {
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        place-items: center;
        min-height: 0;
        padding: 16px;
        touch-action: pan-y pinch-zoom;
      }

      img {
        width: auto;
        max-width: 100%;
        height: auto;
        max-height: 100%;
      }

      .gone {
        max-width: 30rem;
        font-size: var(--size-14);
        color: var(--text-muted);
        overflow-wrap: anywhere;
      }

      footer {
        display: flex;
        align-items: center;
        justify-content: center;
        gap: 16px;
        min-height: 48px;
        padding-bottom: env(safe-area-inset-bottom);
      }

      .button,
      button {
        color: inherit;
      }

      @media (max-width: 767px) {
        .button span {
          display: none;
        }

        .button {
          width: var(--control);
          padding: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) sessionId = "";
  @property({ attribute: false }) images: readonly Attachment[] = [];
  @property({ type: Number }) at = 0;
  @state() private isGone = false;
  @query("dialog") private dialog!: HTMLDialogElement;
  #touchedAt = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("popstate", this.#close);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("popstate", this.#close);
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    const image = this.images[this.at];
    if (!image) return html`<dialog></dialog>`;
    return html`<dialog
      aria-label=${imageDialogWords().largeView}
      data-testid="image-dialog"
      @keydown=${this.#onKey}
      @close=${() => this.remove()}
    >
      ${this.#renderHead(image)}
      <div class="stage" @touchstart=${this.#onTouch} @touchend=${this.#onLift} @click=${this.#onClick}>
        ${this.#renderImage(image)}
      </div>
      ${this.images.length > 1 ? this.#renderFoot() : html`<footer></footer>`}
    </dialog>`;
  }

  #renderHead(image: Attachment): TemplateResult {
    const { name, width, height, sizeBytes } = image;
    const words = imageDialogWords();
    const address = addressOf(this.sessionId, image);
    return html`<header>
      <div class="about" role="status">
        <h2 title=${name}>${name}</h2>
        <p>${words.pixels(width, height, sizeOf(sizeBytes))}</p>
      </div>
      <a class="button quiet" href=${address} target="_blank" rel="noreferrer" title=${words.openOriginal} aria-label=${words.openOriginal} data-testid="open-original">
        ${icon(ExternalLink)}<span>${words.openOriginal}</span>
      </a>
      <a class="button quiet" href=${address} download=${name} title=${words.download} aria-label=${words.download} data-testid="download-image">
        ${icon(Download)}<span>${words.download}</span>
      </a>
      <button type="button" class="quiet square" autofocus aria-label=${words.close} title=${words.close} data-testid="close-image" @click=${this.#close}>
        ${icon(X)}
      </button>
    </header>`;
  }

  #renderImage(image: Attachment): TemplateResult {
    const { name, width, height } = image;
    if (this.isGone) return html`<p class="gone" role="alert">${imageWords().notShown(name)}</p>`;
    const isGone = (): void => {
      this.isGone = true;
    };
    return html`${keyed(
      image,
      html`<img
        src=${addressOf(this.sessionId, image)}
        alt=${name}
        width=${width}
        height=${height}
        data-testid="large-image"
        @error=${isGone}
      />`,
    )}`;
  }

  #renderFoot(): TemplateResult {
    const words = imageDialogWords();
    return html`<footer>
      <button type="button" class="square" aria-label=${words.previous} title=${words.previous} data-testid="previous-image" @click=${() => this.#step(-1)}>
        ${icon(ChevronLeft)}
      </button>
      <span role="status" data-testid="image-place">${words.placeOf(this.at + 1, this.images.length)}</span>
      <button type="button" class="square" aria-label=${words.next} title=${words.next} data-testid="next-image" @click=${() => this.#step(1)}>
        ${icon(ChevronRight)}
      </button>
    </footer>`;
  }

  /** Behind the last comes the first. */
  #step(by: number): void {
    const count = this.images.length;
    this.at = (this.at + by + count) % count;
    this.isGone = false;
  }

  #onKey(event: KeyboardEvent): void {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#step(by);
  }

  #onTouch(event: TouchEvent): void {
    this.#touchedAt = event.touches.length === 1 ? (event.touches[0]?.clientX ?? Number.NaN) : Number.NaN;
  }

  #onLift(event: TouchEvent): void {
    const by = (event.changedTouches[0]?.clientX ?? Number.NaN) - this.#touchedAt;
    if (Math.abs(by) > SWIPE_PX) this.#step(by > 0 ? -1 : 1);
  }

  /** Beside the image there is nothing: pressing there closes it. */
  #onClick(event: MouseEvent): void {
    if (event.target === event.currentTarget) this.#close();
  }

  readonly #close = (): void => this.dialog.close();
}

/** Open one of the images of a session above the page. */
export function openImage(sessionId: string, images: readonly Attachment[], at: number): void {
  document.body.append(Object.assign(new ImageDialog(), { sessionId, images, at }));
}
