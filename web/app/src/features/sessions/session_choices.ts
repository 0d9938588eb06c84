import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Check, ChevronDown } from "lucide";
import { type Choice, type ChoiceKind, choose } from "../../api/choices.ts";
import type { Session } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import type { Menu, MenuItem } from "../../design/menu.ts";
import "../../design/menu.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { choiceWords } from "./choice_words.ts";

/** The model and the mode of a session, each with a menu of the others, where there are others. The slot says who answers. */
@customElement("atrium-session-choices")
export class SessionChoices extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 4px;
      }

      button {
        flex: 0 1 auto;
        min-width: 0;
        max-width: 14rem;
        padding-inline: 8px 4px;
        gap: 2px;
        font-size: var(--size-13);
        font-weight: 400;
        color: var(--text-muted);
      }

      span {
        flex: 0 1 auto;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      @media (max-width: 767px) {
        .who,
        svg {
          display: none;
        }

        button {
          padding-inline: 8px;
        }
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) session!: Session;
  @property({ type: Boolean }) reachable = false;

  protected override render(): TemplateResult {
    const model = this.#renderChoice("model");
    const mode = this.#renderChoice("mode");
    const name = this.hub.providers.nameOf(this.session.providerId);
    const isAlone = model === nothing && mode === nothing;
    return html`<span class=${isAlone ? "" : "who"}>${model === nothing ? html`<slot></slot>` : name}</span>${model}${mode}`;
  }

  #renderChoice(kind: ChoiceKind): TemplateResult | typeof nothing {
    const offer = this.hub.providers.choicesOf(this.session.providerId)?.[kind];
    if (!offer || offer.choices.length < 2) return nothing;
    const words = choiceWords();
    const here = this.session[kind] ?? offer.own;
    const name = offer.choices.find(({ id }) => id === here)?.name ?? here ?? words[kind];
    const label = kind === "model" ? words.isModel(name) : words.isMode(name);
    return html`
      <button
        type="button"
        class="quiet"
        aria-haspopup="menu"
        aria-expanded="false"
        aria-label=${label}
        title=${label}
        data-testid="choose-${kind}"
        ?disabled=${!this.reachable}
        @click=${this.#toggle}
      >
        <span>${name}</span>${icon(ChevronDown)}
      </button>
      <atrium-menu .items=${offer.choices.map((choice) => this.#item(kind, choice, here))} label=${words[kind]}></atrium-menu>
    `;
  }

  #toggle(event: Event): void {
    const button = event.currentTarget as HTMLElement;
    (button.nextElementSibling as Menu).toggleAt(button);
  }

  #item(kind: ChoiceKind, { id, name }: Choice, here: string | null): MenuItem {
    const isHere = id === here;
    return {
      label: name,
      ...(isHere && { icon: Check }),
      run: () => {
        if (!isHere) void this.#choose(kind, id);
      },
    };
  }

  async #choose(kind: ChoiceKind, id: string): Promise<void> {
    try {
      this.hub.sessionList.put(await choose(this.session.id, kind, id));
    } catch (error) {
      this.hub.notices.fail(choiceWords().notChosen, error);
    }
  }
}
