import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { RotateCw, X } from "lucide";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { imageRow } from "../../design/image_row.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { ImageTray, TrayImage } from "./image_upload.ts";
import { imageWords } from "./image_words.ts";

/** The images of the next message: what each looks like, how far it is, and a way to leave it out. Fires `emptied`. */
@customElement("atrium-image-tray")
export class ImageTrayView extends SignalElement {
  static override styles = [
    controls,
    imageRow,
    css`
      ul {
        max-height: min(32vh, 15rem);
        padding: 12px 16px 4px;
        overflow-y: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
      }

      li {
        position: relative;
        width: 88px;
        font-size: var(--size-12);
        line-height: 1.3;
        color: var(--text-muted);
      }

      .frame {
        position: relative;
        height: 72px;
        border-radius: var(--radius-control);
        overflow: hidden;
        background: var(--selected);
        box-shadow: inset 0 0 0 1px var(--line);
      }

      .under-way img,
      .failed img {
        opacity: 0.45;
      }

      progress {
        position: absolute;
        inset: auto 6px 6px;
        appearance: none;
        width: calc(100% - 12px);
        height: 4px;
        border: 0;
        border-radius: 2px;
        overflow: hidden;
        background: var(--surface-raised);
      }

      progress::-webkit-progress-bar {
        background: var(--surface-raised);
      }

      progress::-webkit-progress-value {
        background: var(--accent);
      }

      progress::-moz-progress-bar {
        background: var(--accent);
      }

      .caption {
        display: block;
        margin-top: 4px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .failed .caption {
        color: var(--danger);
      }

      button {
        position: absolute;
        top: 0;
        inset-inline-end: 0;
        align-items: start;
        justify-content: end;
        width: 36px;
        min-height: 36px;
        padding: 4px;
        border: 0;
        color: var(--text);
      }

      button.again {
        inset-inline: 0 auto;
        justify-content: start;
      }

      button svg {
        box-sizing: content-box;
        padding: 3px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-control);
        background: var(--surface-raised);
      }

      button:hover svg {
        background: color-mix(in oklch, var(--surface-raised), var(--text) 6%);
      }

      .problems {
        padding: 4px 16px;
        font-size: var(--size-13);
        line-height: 1.4;
        color: var(--danger);
        overflow-wrap: anywhere;
      }

      @media (max-width: 767px), (pointer: coarse) {
        li {
          flex: none;
          width: 104px;
        }

        .frame {
          height: 88px;
        }

        button {
          width: 48px;
          min-height: 48px;
        }

        button svg {
          padding: 5px;
        }
      }

      @media (max-width: 767px) {
        ul {
          flex-wrap: nowrap;
          overflow: auto hidden;
        }
      }
    `,
  ];

  @property({ attribute: false }) tray!: ImageTray;

  protected override render(): TemplateResult {
    const images = this.tray.images.value;
    if (images.length === 0) return html``;
    const failed = images.filter(({ problem }) => problem);
    return html`
      <ul aria-label=${imageWords().attached} data-testid="tray">
        ${repeat(
          images,
          ({ key }) => key,
          (image) => this.#renderImage(image),
        )}
      </ul>
      <div role="alert">
        ${failed.map(({ problem }) => html`<p class="problems" data-testid="not-uploaded">${problem}</p>`)}
      </div>
    `;
  }

  #renderImage(image: TrayImage): TemplateResult {
    const { key, name, status, preview, progress, mayRetry } = image;
    const words = imageWords();
    const isUploading = status === "uploading";
    return html`<li class=${classOf(image)} title=${name} data-testid="tray-image" data-status=${status}>
      <div class="frame">
        ${preview ? html`<img src=${preview} alt=${name} loading="lazy" decoding="async" draggable="false" @error=${hide} />` : nothing}
        ${isUploading ? html`<progress aria-label=${words.uploading} .value=${progress} max="1"></progress>` : nothing}
      </div>
      <span class="caption figures">${captionOf(image)}</span>
      ${status === "failed" && mayRetry ? this.#renderRetry(key, name) : nothing}
      <button
        type="button"
        aria-label=${words.remove(name)}
        title=${words.remove(name)}
        data-testid="remove-image"
        @click=${(event: Event) => this.#remove(event, key)}
      >
        ${icon(X)}
      </button>
    </li>`;
  }

  #renderRetry(key: string, name: string): TemplateResult {
    const label = imageWords().retry(name);
    return html`<button type="button" class="again" aria-label=${label} title=${label} data-testid="retry-image" @click=${() => this.tray.retry(key)}>
      ${icon(RotateCw)}
    </button>`;
  }

  /** The focus goes to the image that takes its place, else to the one before. */
  #remove(event: Event, key: string): void {
    const item = (event.currentTarget as HTMLElement).parentElement;
    const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
    this.tray.remove(key);
    if (neighbour) neighbour.querySelector<HTMLElement>('[data-testid="remove-image"]')?.focus();
    else this.dispatchEvent(new Event("emptied"));
  }
}

/** The name stands below it anyway. */
function hide(event: Event): void {
  (event.currentTarget as HTMLElement).hidden = true;
}

function classOf({ status }: TrayImage): string {
  if (status === "failed") return "failed";
  return status === "ready" || status === "held" ? "" : "under-way";
}

function captionOf({ name, status, progress }: TrayImage): string {
  const words = imageWords();
  switch (status) {
    case "waiting":
      return words.waiting;
    case "preparing":
      return words.preparing;
    case "uploading":
      return `${Math.round(progress * 100)} %`;
    case "failed":
      return words.notUploaded;
    default:
      return name;
  }
}
