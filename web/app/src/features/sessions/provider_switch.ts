import { css, html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { ArrowLeftRight, Check } from "lucide";
import { isReady, type Provider } from "../../api/providers.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { Menu, MenuItem } from "../../design/menu.ts";
import "../../design/menu.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { providerWords } from "./provider_words.ts";

/** Another provider was chosen. */
export class SwitchEvent extends Event {
  constructor(readonly providerId: string) {
    super("switchprovider", { bubbles: true, composed: true });
  }
}

/** Who answers in a session, and a menu of who else could. Fires `switchprovider` (`SwitchEvent`). */
@customElement("atrium-provider-switch")
export class ProviderSwitch extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        flex: none;
      }

      :host([hidden]) {
        display: none;
      }

      button {
        max-width: 12rem;
      }

      span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      @media (max-width: 767px) {
        button {
          width: var(--control);
          padding: 0;
        }

        span {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) providerId = "";
  @property({ type: Boolean }) reachable = false;
  @query("button") private button!: HTMLButtonElement;
  @query("atrium-menu") private menu!: Menu;

  /** Open the menu. */
  choose(): void {
    void this.hub.providers.refresh();
    this.menu.toggleAt(this.button);
  }

  protected override render(): TemplateResult {
    const words = providerWords();
    const name = this.hub.providers.nameOf(this.providerId);
    return html`
      <button
        type="button"
        class="quiet"
        aria-haspopup="menu"
        aria-expanded="false"
        aria-label=${words.answers(name)}
        title=${words.answers(name)}
        data-testid="provider-menu"
        ?disabled=${!this.reachable || !this.providerId}
        @click=${this.choose}
      >
        ${icon(ArrowLeftRight)}<span>${name}</span>
      </button>
      <atrium-menu .items=${this.#items()} label=${words.choose}></atrium-menu>
    `;
  }

  #items(): readonly MenuItem[] {
    const providers = this.hub.providers.all.value ?? [];
    if (providers.length === 0)
      return [{ label: providerWords().none, isDisabled: true, run: () => undefined }];
    return providers.map((provider) => this.#item(provider));
  }

  #item(provider: Provider): MenuItem {
    const isHere = provider.id === this.providerId;
    return {
      label: labelOf(provider),
      ...(isHere && { icon: Check }),
      isDisabled: !isHere && !isReady(provider),
      run: () => {
        if (!isHere) this.dispatchEvent(new SwitchEvent(provider.id));
      },
    };
  }
}

function labelOf(provider: Provider): string {
  const { notNow, leftAlone } = providerWords();
  if (isReady(provider)) return provider.name;
  return provider.status === "active" ? leftAlone(provider.name) : notNow(provider.name);
}
