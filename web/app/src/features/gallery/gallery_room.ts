import { html, LitElement, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import { Ellipsis, Pencil, Pin, Trash2 } from "lucide";
import { controls } from "../../design/controls.ts";
import type { Dialog } from "../../design/dialog.ts";
import "../../design/dialog.ts";
import "../../design/empty_state.ts";
import { icon } from "../../design/icon.ts";
import { keys } from "../../design/keys.ts";
import type { Menu, MenuItem } from "../../design/menu.ts";
import "../../design/menu.ts";
import { MenuGestures } from "../../design/menu_gestures.ts";
import "../../design/progress.ts";
import "../../design/segmented.ts";
import "../../design/status_word.ts";
import "../../design/tooltip.ts";
import { pageStyles } from "../../design/page_styles.ts";
import type { Place, Room } from "../../state/feature.ts";
import { galleryStyles } from "./gallery_styles.ts";

const COLOURS = [
  "surface",
  "surface-raised",
  "text",
  "text-muted",
  "line",
  "accent",
  "positive",
  "warning",
  "danger",
  "focus",
];
const SIZES = [28, 20, 16, 14, 13, 12];
const CHOICES = [
  { value: "day", label: "Day" },
  { value: "week", label: "Week" },
  { value: "month", label: "Month" },
];

/** Every component in each of its states. It is in English: it is about form. */
@customElement("atrium-gallery-room")
export class GalleryRoom extends LitElement implements Room {
  static override styles = [controls, pageStyles, galleryStyles];

  place: Place = { path: "/gallery", params: {} };
  @query("atrium-menu") private menu!: Menu;
  @query("atrium-dialog") private dialog!: Dialog;

  constructor() {
    super();
    new MenuGestures(this, (x, y, target) => {
      if (!target.closest("[data-menu]")) return false;
      this.menu.showAt(x, y);
      return true;
    });
  }

  /** No language of the page is written from right to left yet: `/gallery?dir=rtl` shows that it could be. */
  override connectedCallback(): void {
    super.connectedCallback();
    const direction = new URLSearchParams(location.search).get("dir");
    if (direction === "rtl" || direction === "ltr") document.documentElement.dir = direction;
  }

  protected override render(): TemplateResult {
    return html`
      <div class="page" lang="en" data-testid="gallery">
        <h1>Gallery</h1>
        ${section("Colour", this.#renderColours())} ${section("Type", this.#renderType())}
        ${section("Buttons", this.#renderButtons())} ${section("Fields", this.#renderFields())}
        ${section("Choices", this.#renderChoices())} ${section("Menu, dialog, tooltip", this.#renderAbove())}
        ${section("State", this.#renderStates())} ${section("Waiting", this.#renderWaits())}
        ${section(
          "Nothing there yet",
          html`<atrium-empty heading="No sessions yet">
            What you start appears here and on your other screens.
            <button slot="step" type="button" class="primary">New session</button>
          </atrium-empty>`,
        )}
      </div>
    `;
  }

  #renderColours(): TemplateResult {
    return html`
      <div class="columns">${COLOURS.map((name) => html`<div class="swatch ${name}"><i></i>${name}</div>`)}</div>
    `;
  }

  #renderType(): TemplateResult {
    return html`
      ${SIZES.map((size) => html`<p class="s${size}">${size} px: a quiet workshop, тихая мастерская, 0123456789</p>`)}
      <p class="s13 mono">13 px: const answer = await hub.call("/sessions"); // код</p>
    `;
  }

  #renderButtons(): TemplateResult {
    return html`
      <div class="row">
        <button type="button" class="primary">Primary</button>
        <button type="button" class="plain">Plain</button>
        <button type="button" class="quiet">Quiet</button>
        <button type="button" class="destructive">Destructive</button>
        <button type="button" class="quiet">${icon(Pencil)}With an icon</button>
        <button type="button" class="quiet square" aria-label="Rename">${icon(Pencil)}</button>
      </div>
      <div class="row">
        <button type="button" class="primary" disabled>Primary</button>
        <button type="button" class="plain" disabled>Plain</button>
        <button type="button" class="quiet" disabled>Quiet</button>
        <button type="button" class="destructive" disabled>Destructive</button>
      </div>
    `;
  }

  #renderFields(): TemplateResult {
    return html`
      <div class="columns">
        <label class="field">Title<input class="text" value="Garden plan" /></label>
        <label class="field">Empty<input class="text" placeholder="What is it about?" /></label>
        <label class="field">
          With a fault<input class="text" value="?" aria-invalid="true" aria-describedby="fault" />
          <span class="note problem" id="fault">A title has at least two letters.</span>
        </label>
        <label class="field">Disabled<input class="text" value="Cannot be changed" disabled /></label>
        <label class="field">
          Choice
          <select class="choice">
            <option>Built-in model</option>
            <option>Echo</option>
          </select>
        </label>
      </div>
    `;
  }

  #renderChoices(): TemplateResult {
    return html`
      <div class="row">
        <atrium-segmented label="Span" .choices=${CHOICES} value="week"></atrium-segmented>
        <atrium-segmented label="Span, disabled" .choices=${CHOICES} value="day" disabled></atrium-segmented>
      </div>
      <div class="row">${keys("Mod+K")} ${keys("g s")} ${keys("?")} ${keys("ArrowDown")}</div>
    `;
  }

  #renderAbove(): TemplateResult {
    const items: readonly MenuItem[] = [
      { label: "Rename", icon: Pencil, keys: "r", run: doNothing },
      { label: "Pin", icon: Pin, run: doNothing },
      { label: "Not now", isDisabled: true, run: doNothing },
      { label: "Delete", icon: Trash2, isDangerous: true, run: () => this.dialog.show() },
    ];
    return html`
      <div class="row">
        <atrium-tooltip text="More" keys=".">
          <button
            type="button"
            class="quiet square"
            aria-label="More"
            aria-haspopup="menu"
            aria-expanded="false"
            data-testid="open-menu"
            @click=${(event: Event) => this.menu.toggleAt(event.currentTarget as HTMLElement)}
          >
            ${icon(Ellipsis)}
          </button>
        </atrium-tooltip>
        <span data-menu>Right-click or press long here</span>
        <button type="button" class="plain" data-testid="open-dialog" @click=${() => this.dialog.show()}>Open a dialog</button>
      </div>
      <atrium-menu label="Garden plan" .items=${items}></atrium-menu>
      <atrium-dialog heading="Delete this session?">
        “Garden plan” disappears from every screen. It cannot be undone.
        <button slot="steps" type="button" class="quiet" autofocus @click=${() => this.dialog.close()}>Keep it</button>
        <button slot="steps" type="button" class="destructive" @click=${() => this.dialog.close()}>Delete</button>
      </atrium-dialog>
    `;
  }

  #renderStates(): TemplateResult {
    return html`
      <div class="row">
        <atrium-status tone="live">Live</atrium-status>
        <atrium-status tone="positive">Running</atrium-status>
        <atrium-status tone="warning">Interrupted</atrium-status>
        <atrium-status tone="danger">Offline since 12:04</atrium-status>
        <atrium-status tone="muted">Stopped</atrium-status>
      </div>
    `;
  }

  #renderWaits(): TemplateResult {
    return html`
      <atrium-progress label="Reading the sessions"></atrium-progress>
      <atrium-progress label="Fetching the model" .value=${0.42} cancellable></atrium-progress>
    `;
  }
}

function section(name: string, content: TemplateResult): TemplateResult {
  return html`<section><h2>${name}</h2>${content}</section>`;
}

function doNothing(): void {
  /* the gallery shows forms, not deeds */
}
