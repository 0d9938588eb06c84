import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { controls } from "./controls.ts";
import { keys } from "./keys.ts";
import { keepBeside } from "./placement.ts";

const DELAY_MS = 400;

/** Names the button in its slot, and the keys that do the same, when one rests on it. The button carries its own label. */
@customElement("atrium-tooltip")
export class Tooltip extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: inline-flex;
      }

      [popover] {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 4px 8px;
        border: 0;
        border-radius: var(--radius-control);
        background: var(--text);
        color: var(--surface);
        font-size: var(--size-12);
        line-height: 1.3;
        pointer-events: none;
      }

      kbd {
        padding-inline-start: 8px;
        color: inherit;
      }
    `,
  ];

  @property() text = "";
  @property() keys = "";
  @property() side: "top" | "bottom" | "left" | "right" = "bottom";
  @query("[popover]") private bubble!: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unplace: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("pointerenter", this.#wait);
    this.addEventListener("pointerleave", this.#hide);
    this.addEventListener("focusin", this.#onFocus);
    this.addEventListener("focusout", this.#hide);
    this.addEventListener("click", this.#hide);
    this.addEventListener("keydown", this.#hide);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#unplace?.();
  }

  protected override render(): TemplateResult {
    return html`
      <slot></slot>
      <div popover="manual" aria-hidden="true">${this.text}${this.keys ? keys(this.keys) : ""}</div>
    `;
  }

  readonly #wait = (event: PointerEvent): void => {
    if (event.pointerType === "touch") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), DELAY_MS);
  };

  readonly #onFocus = (event: Event): void => {
    if ((event.composedPath()[0] as Element).matches(":focus-visible")) this.#show();
  };

  #show(): void {
    const [anchor] = this.renderRoot.querySelector("slot")?.assignedElements() ?? [];
    if (!anchor || !this.isConnected) return;
    this.bubble.showPopover();
    this.#unplace?.();
    this.#unplace = keepBeside(anchor, this.bubble, this.side);
  }

  readonly #hide = (): void => {
    clearTimeout(this.#timer);
    this.#unplace?.();
    this.#unplace = undefined;
    this.bubble.hidePopover();
  };
}
