import { effect } from "@preact/signals-core";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { getDevice, LONGEST_NAME, nameDevice } from "../../api/devices.ts";
import type { Device } from "../../api/presence.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import { controls } from "../../design/controls.ts";
import { withCode } from "../../design/words.ts";
import { deviceName } from "../../language/devices.ts";
import { problemText } from "../../language/problems.ts";
import type { Hub } from "../../state/hub.ts";
import { SignalElement } from "../../state/signal_element.ts";
import { settingsWords } from "./words.ts";

/** Asks what this browser shall be called where others see it; without a name it is called by its program. */
@customElement("atrium-device-form")
export class DeviceForm extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        width: 100%;
      }

      form {
        display: grid;
        gap: 4px;
        font-size: var(--size-13);
      }

      .field {
        display: flex;
        gap: 8px;
      }

      input.text {
        flex: 0 1 22rem;
      }

      label {
        font-weight: 500;
      }

      .note {
        color: var(--text-muted);
      }

      .problem {
        color: var(--danger);
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  @state() private device: Device | undefined;
  @state() private written: string | undefined;
  @state() private isSaving = false;
  @state() private problem: Problem | undefined;
  @query("input") private input!: HTMLInputElement;
  #end: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = effect(() => {
      const client = this.hub.client.value;
      if (client !== undefined && this.hub.isLive) queueMicrotask(() => void this.#read(client));
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { device, problem } = this;
    if (!device) return problem ? html`<p class="note">${withCode(problemText(problem))}</p>` : nothing;
    const words = settingsWords();
    const { name: kept = "", ...unnamed } = device;
    const name = this.written ?? kept;
    const isSame = name.trim() === kept;
    return html`
      <form data-testid="device-form" @submit=${this.#save}>
        <label for="name">${words.deviceName}</label>
        <div class="field"><input class="text" id="name" name="device" autocomplete="off" dir="auto" maxlength=${LONGEST_NAME}
          aria-describedby="about" placeholder=${deviceName(unnamed)} .value=${name}
          @input=${() => {
            this.written = this.input.value;
          }} />
        <button type="submit" class="plain" ?disabled=${isSame || this.isSaving || !this.hub.isLive}>${words.save}</button></div>
        <p class="note" id="about">${words.deviceNote}</p>
        ${problem ? html`<p class="problem" role="alert">${withCode(problemText(problem))}</p>` : nothing}
      </form>
    `;
  }

  async #read(client: string): Promise<void> {
    try {
      this.device = (await getDevice(client)) ?? this.device;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.device || this.isSaving) return;
    this.isSaving = true;
    this.problem = undefined;
    try {
      const name = await nameDevice(this.input.value);
      this.device = { ...this.device, name };
      this.written = undefined;
      this.hub.say(name ? settingsWords().deviceNamed(name) : settingsWords().deviceUnnamed);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isSaving = false;
  }
}
