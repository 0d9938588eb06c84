import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { X } from "lucide";
import { controls } from "../design/controls.ts";
import { icon } from "../design/icon.ts";
import { designWords } from "../design/words_of_design.ts";
import type { Notice, Notices } from "../state/notices.ts";
import { SignalElement } from "../state/signal_element.ts";

/** Shows the notices, one below the other, with the step each offers. */
@customElement("atrium-toasts")
export class Toasts extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        position: fixed;
        z-index: 1;
        /* Below the head of a room: at the foot there may be a composer. */
        top: 60px;
        inset-inline-end: 16px;
        display: grid;
        gap: 8px;
        width: min(26rem, calc(100vw - 32px));
        pointer-events: none;
      }

      .notice {
        display: flex;
        align-items: center;
        gap: 4px;
        width: fit-content;
        margin-inline-start: auto;
        padding: 4px;
        padding-inline-start: 16px;
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        box-shadow: var(--elevation);
        font-size: var(--size-13);
        line-height: 1.3;
        overflow-wrap: anywhere;
        pointer-events: auto;
      }

      .problem {
        border-inline-start: 3px solid var(--danger);
      }

      .text {
        padding: 8px 0;
      }

      button {
        flex: none;
      }

      .step {
        margin-inline-start: 8px;
        color: var(--accent);
      }

      .step:hover {
        background: var(--hover);
      }

      @media (max-width: 767px) {
        :host {
          top: 108px;
        }
      }
    `,
  ];

  @property({ attribute: false }) notices!: Notices;

  protected override render(): TemplateResult {
    const all = this.notices.all.value;
    return html`
      <div role="status">${this.#renderAll(all.filter(({ isProblem }) => !isProblem))}</div>
      <div role="alert">${this.#renderAll(all.filter(({ isProblem }) => isProblem))}</div>
    `;
  }

  #renderAll(notices: readonly Notice[]): unknown {
    return repeat(
      notices,
      ({ id }) => id,
      (notice) => this.#renderNotice(notice),
    );
  }

  #renderNotice({ id, text, isProblem, step }: Notice): TemplateResult {
    const runStep = (): void => {
      this.notices.dismiss(id);
      step?.run();
    };
    return html`
      <div
        class=${isProblem ? "notice problem" : "notice"}
        data-testid="notice"
        @pointerenter=${() => this.notices.hold(id)}
        @pointerleave=${() => this.notices.release(id)}
        @focusin=${() => this.notices.hold(id)}
        @focusout=${() => this.notices.release(id)}
      >
        <span class="text">${text}</span>
        ${step ? html`<button type="button" class="step" @click=${runStep}>${step.label}</button>` : ""}
        <button type="button" class="quiet square" aria-label=${designWords().dismiss} @click=${() => this.notices.dismiss(id)}>
          ${icon(X)}
        </button>
      </div>
    `;
  }
}
