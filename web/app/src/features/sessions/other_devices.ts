import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { MonitorSmartphone } from "lucide";
import type { Follower } from "../../api/presence.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { keepBeside } from "../../design/placement.ts";
import { shortTime } from "../../design/times.ts";
import { deviceName } from "../../language/devices.ts";
import { catalogue, plural } from "../../language/language.ts";
import { SignalElement } from "../../state/signal_element.ts";

const otherDevicesWords = catalogue(
  {
    alsoOpen: (names: string) => `Also open: ${names}`,
    onDevices: (count: number) =>
      plural(count, { one: "Open on # other device", other: "Open on # other devices" }),
    since: (time: string) => `since ${time}`,
  },
  {
    alsoOpen: (names: string) => `Открыта и здесь: ${names}`,
    onDevices: (count: number) =>
      plural(count, {
        one: "Открыта ещё на # устройстве",
        few: "Открыта ещё на # устройствах",
        many: "Открыта ещё на # устройствах",
        other: "Открыта ещё на # устройства",
      }),
    since: (time: string) => `с ${time}`,
  },
);

/** On which other devices a session is open, and since when; nothing where it is open here alone. */
@customElement("atrium-other-devices")
export class OtherDevices extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        min-width: 0;
      }

      :host([hidden]) {
        display: none;
      }

      button {
        min-width: 0;
        max-width: 26rem;
        font-weight: 400;
        font-size: var(--size-13);
        color: var(--text-muted);
      }

      .names {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .count {
        display: none;
        font-variant-numeric: tabular-nums;
      }

      [popover] {
        position: fixed;
        inset: auto;
        max-width: calc(100vw - 16px);
        margin: 0;
        padding: 12px 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius-surface);
        background: var(--surface-raised);
        color: var(--text);
        font-size: var(--size-13);
        line-height: 1.5;
        box-shadow: var(--elevation);
      }

      h2 {
        margin: 0 0 4px;
        font-size: var(--size-13);
        font-weight: 600;
      }

      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }

      li {
        overflow-wrap: anywhere;
      }

      .since {
        color: var(--text-muted);
      }

      /* Of the head that it is in. */
      @container (max-width: 600px) {
        button {
          gap: 4px;
          padding: 0 8px;
        }

        .names {
          position: absolute;
          width: 1px;
          height: 1px;
          clip-path: inset(50%);
        }

        .count {
          display: inline;
        }
      }
    `,
  ];

  @property({ attribute: false }) followers: readonly Follower[] = [];
  @query("button") private button!: HTMLElement;
  @query("[popover]") private list!: HTMLElement;
  #unplace: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unplace?.();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.followers.length === 0) return nothing;
    const words = otherDevicesWords();
    const now = Date.now();
    const names = words.alsoOpen(this.followers.map(({ device }) => deviceName(device)).join(", "));
    return html`
      <button type="button" class="quiet" popovertarget="devices" title=${names} data-testid="other-devices">
        ${icon(MonitorSmartphone)}<span class="names">${names}</span><span class="count" aria-hidden="true">${this.followers.length}</span>
      </button>
      <div id="devices" popover @toggle=${this.#onToggle}>
        <h2>${words.onDevices(this.followers.length)}</h2>
        <ul>
          ${this.followers.map(
            ({ device, since }) =>
              html`<li>${deviceName(device)} <span class="since">${words.since(shortTime(since, now))}</span></li>`,
          )}
        </ul>
      </div>
    `;
  }

  /** Escape closes the list; it must not step back from anything else as well. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.list.matches(":popover-open")) event.stopPropagation();
  };

  readonly #onToggle = (event: ToggleEvent): void => {
    this.#unplace?.();
    this.#unplace = event.newState === "open" ? keepBeside(this.button, this.list, "bottom-end") : undefined;
  };
}
