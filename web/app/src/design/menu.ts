import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { IconNode } from "lucide";
import { controls } from "./controls.ts";
import { icon } from "./icon.ts";
import { keys } from "./keys.ts";
import { keepBeside, pointAt } from "./placement.ts";

/** A step in a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: IconNode;
  /** The keys that do the same, as `Mod+K`. */
  readonly keys?: string;
  readonly isDangerous?: boolean;
  readonly isDisabled?: boolean;
  readonly run: () => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** What can be done with something. The same menu opens from a button, a right click and a long press. */
@customElement("atrium-menu")
export class Menu extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }

      [role="menu"] {
        position: fixed;
        inset: auto;
        min-width: 12rem;
        max-width: min(22rem, calc(100vw - 16px));
        max-height: calc(100dvh - 16px);
        margin: 0;
        padding: 4px;
        border: 0;
        border-radius: var(--radius-surface);
        overflow-y: auto;
        background: var(--surface-raised);
        color: var(--text);
        box-shadow: var(--elevation);
      }

      button {
        display: flex;
        justify-content: flex-start;
        width: 100%;
        padding: 0 8px;
        font-weight: 400;
        text-align: start;
      }

      button svg {
        color: var(--text-muted);
      }

      button kbd {
        margin-inline-start: auto;
        padding-inline-start: 24px;
      }

      button:focus {
        outline: none;
        background: var(--selected);
      }

      button:hover:not(:focus, :disabled) {
        background: var(--hover);
      }

      .dangerous,
      .dangerous svg {
        color: var(--danger);
      }

      @media (forced-colors: active) {
        [role="menu"] {
          border: 1px solid;
        }

        button:focus {
          outline: 2px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @property() label = "";
  @query("[role=menu]") private menu!: HTMLElement;
  #unplace: (() => void) | undefined;
  #opener: HTMLElement | undefined;
  /** The browser gives the focus back only to what it can see from here, which an opener in another shadow is not. */
  #hadFocus = false;
  /** The button that closes what it opened: a press on it is not one beside the menu. */
  #button: HTMLElement | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#onPress, true);
  }

  /** Open beside the button that asks for it, or close if that is open already. */
  toggleAt(button: HTMLElement): void {
    if (this.isOpen) this.hide();
    else this.#show(button, button);
    this.#button = this.isOpen ? button : undefined;
  }

  /** Open at a point of the window, for what was pressed there. */
  showAt(x: number, y: number, opener?: HTMLElement): void {
    this.#show(pointAt(x, y), opener);
  }

  /** Close; the focus goes back to where it was. */
  hide(): void {
    this.menu.hidePopover();
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.menu?.matches(":popover-open") ?? false;
  }

  protected override render(): TemplateResult {
    return html`
      <div popover="manual" role="menu" aria-label=${this.label || nothing} @keydown=${this.#onKey} @beforetoggle=${this.#onBeforeToggle} @toggle=${this.#onToggle}>
        ${this.items.map((item) => this.#renderItem(item))}
      </div>
    `;
  }

  #renderItem(item: MenuItem): TemplateResult {
    return html`
      <button
        type="button"
        role="menuitem"
        tabindex="-1"
        class=${item.isDangerous ? "dangerous" : ""}
        ?disabled=${item.isDisabled}
        @click=${() => this.#choose(item)}
      >
        ${item.icon ? icon(item.icon) : ""}<span>${item.label}</span>${item.keys ? keys(item.keys) : ""}
      </button>
    `;
  }

  #show(anchor: Parameters<typeof keepBeside>[0], opener: HTMLElement | undefined): void {
    this.#opener = opener;
    this.#button = undefined;
    this.menu.showPopover();
    document.addEventListener("pointerdown", this.#onPress, true);
    this.#unplace?.();
    this.#unplace = keepBeside(anchor, this.menu, "bottom-start");
    this.#buttons()[0]?.focus({ preventScroll: true });
  }

  #onBeforeToggle(event: ToggleEvent): void {
    this.#hadFocus = event.newState === "closed" && this.menu.matches(":focus-within");
  }

  #onToggle(event: ToggleEvent): void {
    const isOpen = event.newState === "open";
    this.#opener?.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) return;
    document.removeEventListener("pointerdown", this.#onPress, true);
    this.#unplace?.();
    this.#unplace = undefined;
    if (this.#hadFocus) this.#opener?.focus();
    this.dispatchEvent(new Event("hide"));
  }

  #choose(item: MenuItem): void {
    this.hide();
    this.#opener?.focus();
    item.run();
  }

  /** The browser itself would close it as the finger of a long press is lifted: so it is done here, at the next press. */
  readonly #onPress = (event: Event): void => {
    const path = event.composedPath();
    if (!path.includes(this.menu) && !(this.#button && path.includes(this.#button))) this.hide();
  };

  #leave(): void {
    this.hide();
    this.#opener?.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = this.#buttons();
    const at = buttons.indexOf(this.shadowRoot?.activeElement as HTMLButtonElement);
    const to = this.#target(event.key, buttons, at);
    if (to) to.focus();
    else if (event.key === "Tab") this.hide();
    else if (event.key === "Escape") this.#leave();
    if (to || event.key !== "Enter") event.stopPropagation();
    if (to) event.preventDefault();
  }

  #target(key: string, buttons: HTMLButtonElement[], at: number): HTMLButtonElement | undefined {
    const step = STEPS[key];
    if (step !== undefined) return buttons[(at + step + buttons.length) % buttons.length];
    if (key === "Home") return buttons[0];
    if (key === "End") return buttons.at(-1);
    if (key.length !== 1 || key === " ") return undefined;
    const after = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
    return after.find((button) => button.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLButtonElement>("button:enabled")];
  }
}
