import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type Attachment, addressOf } from "../../api/attachments.ts";
import { controls } from "../../design/controls.ts";
import { imageRow } from "../../design/image_row.ts";
import { imageWords } from "./image_words.ts";

/** An image is to be looked at. */
export class ImageEvent extends Event {
  constructor(readonly attachment: Attachment) {
    super("openimage", { bubbles: true, composed: true });
  }
}

/** The room that an image gets, in pixels: one that stands alone, and one among others. */
const ALONE = { width: 416, height: 320 };
const AMONG = { width: 176, height: 132 };
/** However narrow an image is, it can be pressed. */
const LEAST = 44;
/** The least width of what is said in place of an image. */
const READABLE = 176;

/** A width and a height, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The room of an image in the conversation, known before it was loaded; what does not fit is cut off. */
export function roomOf({ width, height }: Size, isAlone: boolean): Size {
  const most = isAlone ? ALONE : AMONG;
  const scale = Math.min(1, most.width / width, most.height / height);
  const side = (length: number): number => Math.max(LEAST, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/** The images of a message, in room that is kept for them before they are loaded. Fires `openimage` (`ImageEvent`). */
@customElement("atrium-said-images")
export class SaidImages extends LitElement {
  static override styles = [
    controls,
    imageRow,
    css`
      ul {
        align-items: flex-start;
      }

      li {
        max-width: 100%;
      }

      li > * {
        width: 100%;
        height: 100%;
      }

      .open {
        display: block;
        min-height: 0;
        padding: 0;
        border: 0;
        overflow: hidden;
        background: var(--selected);
        cursor: zoom-in;
      }

      img {
        color: var(--text-muted);
        font-size: var(--size-12);
        font-weight: 400;
      }

      .gone {
        display: grid;
        align-content: center;
        justify-items: start;
        gap: 8px;
        padding: 8px 12px;
        height: auto;
        min-height: 100%;
        border: 1px dashed var(--line-strong);
        border-radius: var(--radius-control);
        font-size: var(--size-13);
        line-height: 1.4;
        color: var(--text-muted);
        overflow-wrap: anywhere;
      }

      .gone button {
        color: var(--text);
      }

      @media print {
        li {
          break-inside: avoid;
        }
      }
    `,
  ];

  @property({ attribute: false }) sessionId = "";
  @property({ attribute: false }) attachments: readonly Attachment[] = [];
  /** Whether the hub can be heard: when it is back, what could not be loaded is tried again. */
  @property({ type: Boolean }) live = false;
  @state() private gone: ReadonlySet<Attachment> = new Set();

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.get("live") === false && this.live) this.gone = new Set();
  }

  protected override render(): TemplateResult {
    return html`<ul aria-label=${imageWords().images(this.attachments.length)} data-testid="images">
      ${this.attachments.map((attachment) => html`<li>${this.#renderImage(attachment)}</li>`)}
    </ul>`;
  }

  /** Through the object model: the policy of the page allows no style attributes. */
  protected override updated(): void {
    const isAlone = this.attachments.length === 1;
    this.renderRoot.querySelectorAll("li").forEach((item, place) => {
      const attachment = this.attachments[place];
      if (!attachment) return;
      const { width, height } = roomOf(attachment, isAlone);
      const shown = this.gone.has(attachment) ? Math.max(width, READABLE) : width;
      item.style.width = `${shown}px`;
      item.style.aspectRatio = `${shown} / ${height}`;
    });
  }

  #renderImage(attachment: Attachment): TemplateResult {
    if (this.gone.has(attachment)) return this.#renderGone(attachment);
    const { name, width, height } = attachment;
    const label = imageWords().open(name);
    return html`<button
      type="button"
      class="open"
      aria-label=${label}
      title=${name}
      data-testid="image"
      @click=${() => this.dispatchEvent(new ImageEvent(attachment))}
    >
      <img
        src=${addressOf(this.sessionId, attachment)}
        alt=${name}
        width=${width}
        height=${height}
        loading="lazy"
        decoding="async"
        @error=${() => this.#lose(attachment)}
      />
    </button>`;
  }

  #renderGone(attachment: Attachment): TemplateResult {
    const words = imageWords();
    const { name } = attachment;
    return html`<div class="gone" data-testid="image-gone">
      <span>${this.live ? words.notShown(name) : words.notShownAway(name)}</span>
      ${this.live ? html`<button type="button" class="plain" @click=${() => this.#find(attachment)}>${words.tryAgain}</button>` : ""}
    </div>`;
  }

  #lose(attachment: Attachment): void {
    this.gone = new Set([...this.gone, attachment]);
  }

  #find(attachment: Attachment): void {
    this.gone = new Set([...this.gone].filter((known) => known !== attachment));
  }
}
