import { effect } from "@preact/signals-core";
import { LitElement } from "lit";

/** A Lit element that renders again when a signal it read while rendering changes. */
export class SignalElement extends LitElement {
  #unwatch: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  protected override performUpdate(): void {
    if (!this.isUpdatePending) return;
    this.#unwatch?.();
    let isRendering = true;
    this.#unwatch = effect(() => {
      if (isRendering) {
        isRendering = false;
        super.performUpdate();
      } else {
        this.requestUpdate();
      }
    });
  }
}
