import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { Ellipsis, type IconNode, Search } from "lucide";
import { controls } from "../design/controls.ts";
import { icon } from "../design/icon.ts";
import type { Menu } from "../design/menu.ts";
import "../design/menu.ts";
import type { Hub } from "../state/hub.ts";
import { SignalElement } from "../state/signal_element.ts";
import { shellWords } from "./words.ts";

const MOST_PLACES = 4;

/** The way between the rooms: a rail at the side, on a phone a bar of four places below. Fires `search`. */
@customElement("atrium-navigation")
export class Navigation extends SignalElement {
  static override styles = [
    controls,
    css`
      nav {
        display: flex;
        flex-direction: column;
        gap: 4px;
        height: 100%;
        padding: 8px 3px;
      }

      a,
      button {
        display: flex;
        flex-direction: column;
        align-items: center;
        justify-content: center;
        gap: 4px;
        width: 100%;
        min-height: 52px;
        padding: 4px 0;
        border-radius: var(--radius-control);
        font-size: var(--size-12);
        font-weight: 500;
        line-height: 1.2;
        letter-spacing: -0.015em;
        color: var(--text-muted);
        text-align: center;
        text-decoration: none;
      }

      span {
        max-width: 100%;
        overflow: hidden;
        text-overflow: ellipsis;
      }

      a:hover,
      button:hover {
        background: var(--hover);
        color: var(--text);
      }

      a[aria-current="page"] {
        background: var(--selected);
        color: var(--text);
      }

      :focus-visible {
        outline-offset: -2px;
      }

      a {
        position: relative;
      }

      .badge {
        position: absolute;
        inset-block-start: 2px;
        inset-inline-start: calc(50% + 4px);
        min-width: 18px;
        padding: 1px 5px;
        border-radius: 9px;
        background: var(--accent);
        font-variant-numeric: tabular-nums;
        color: var(--on-accent);
      }

      .last {
        margin-top: auto;
      }

      .more {
        display: none;
      }

      @media (max-width: 767px) {
        nav {
          flex-direction: row;
          gap: 0;
          padding: 4px 4px max(4px, env(safe-area-inset-bottom));
          border-top: 1px solid var(--line);
          background: var(--surface);
        }

        a,
        button {
          flex: 1;
          min-width: 0;
          min-height: 48px;
        }

        a[aria-current="page"] {
          background: none;
        }

        .more[aria-current="true"] {
          color: var(--text);
        }

        .last {
          margin-top: 0;
        }

        .over {
          display: none;
        }

        .more {
          display: flex;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @query("atrium-menu") private menu!: Menu;

  protected override render(): TemplateResult {
    const words = shellWords();
    const entries = this.hub.features.navigation.value;
    const rooms = entries.filter(({ name }) => name !== "settings");
    const settings = entries.find(({ name }) => name === "settings");
    const places = rooms.length + 1 + (settings ? 1 : 0);
    const fit = places <= MOST_PLACES ? rooms.length : MOST_PLACES - 2;
    const isCrowded = fit < rooms.length;
    const over = [...rooms.slice(fit), ...(isCrowded && settings ? [settings] : [])];
    return html`
      <nav aria-label=${words.rooms}>
        ${rooms.slice(0, 1).map((entry) => this.#renderLink(entry))}
        <button type="button" aria-keyshortcuts="Control+K" @click=${() => this.dispatchEvent(new Event("search"))}>
          ${icon(Search)}<span>${words.search}</span>
        </button>
        ${rooms.slice(1).map((entry, index) => this.#renderLink(entry, index + 1 >= fit ? "over" : ""))}
        ${settings ? this.#renderLink(settings, isCrowded ? "last over" : "last") : ""}
        ${isCrowded ? this.#renderMore(over) : ""}
      </nav>
    `;
  }

  #renderLink(
    entry: { name: string; path: string; label: () => string; icon: IconNode; badge?: () => number },
    place = "",
  ): TemplateResult {
    return html`
      <a class=${place} href=${entry.path} aria-current=${this.#owner === entry.name ? "page" : "false"}>
        ${icon(entry.icon)}<span>${entry.label()}</span>${renderBadge(entry.badge?.() ?? 0)}
      </a>
    `;
  }

  /** The feature whose room is shown. */
  get #owner(): string | undefined {
    const { features, router } = this.hub;
    const path = router.path.value;
    return features.match(path)?.feature.name ?? features.ownerOf(path)?.name;
  }

  #renderMore(
    over: readonly { name: string; path: string; label: () => string; icon: IconNode }[],
  ): TemplateResult {
    const isThere = over.some(({ name }) => name === this.#owner);
    const toggle = (event: Event): void => this.menu.toggleAt(event.currentTarget as HTMLElement);
    const items = over.map(({ label, icon: sign, path }) => ({
      label: label(),
      icon: sign,
      run: () => this.hub.router.go(path),
    }));
    return html`
      <button type="button" class="more" aria-current=${String(isThere)} aria-haspopup="menu" aria-expanded="false" @click=${toggle}>
        ${icon(Ellipsis)}<span>${shellWords().more}</span>
      </button>
      <atrium-menu .items=${items}></atrium-menu>
    `;
  }
}

function renderBadge(count: number): TemplateResult | typeof nothing {
  return count === 0 ? nothing : html`<span class="badge">${count > 99 ? "99+" : count}</span>`;
}
