import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { logout } from "../../api/auth.ts";
import { problemOf } from "../../api/problem.ts";
import { getVersion, listPlugins, type PluginState } from "../../api/status.ts";
import { controls } from "../../design/controls.ts";
import type { Segmented } from "../../design/segmented.ts";
import "../../design/segmented.ts";
import type { Tone } from "../../design/status_word.ts";
import "../../design/status_word.ts";
import { pageStyles } from "../../design/page_styles.ts";
import { renderTold } from "../../design/told_text.ts";
import { withCode } from "../../design/words.ts";
import { LANGUAGES, type Language } from "../../language/language.ts";
import { problemText } from "../../language/problems.ts";
import { shellWords } from "../../shell/words.ts";
import type { Place, Room } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { CONTRASTS, type Contrast, THEMES, type Theme } from "../../state/preferences.ts";
import { SignalElement } from "../../state/signal_element.ts";
import "./device_form.ts";
import { settingsStyles } from "./settings_styles.ts";
import { settingsWords } from "./words.ts";

const TONES: Readonly<Record<string, Tone>> = { started: "positive", failed: "danger" };

/** How this browser shows the page, and what the hub runs. */
@customElement("atrium-settings-room")
export class SettingsRoom extends SignalElement implements Room {
  static override styles = [controls, pageStyles, settingsStyles];

  @property({ attribute: false }) hub!: Hub;
  @property({ attribute: false }) place: Place = { path: "/settings", params: {} };
  @state() private version: string | undefined;
  @state() private plugins: readonly PluginState[] | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = `${shellWords().settings} · Atrium`;
    void this.#read();
  }

  protected override render(): TemplateResult {
    const words = settingsWords();
    return html`
      <div class="page" data-testid="settings-page">
        <h1>${shellWords().settings}</h1>
        <section aria-labelledby="appearance">
          <h2 id="appearance">${words.appearance}</h2>
          <p class="note">${words.appearanceNote}</p>
          ${this.#renderAppearance()}
        </section>
        <section aria-labelledby="hub">
          <h2 id="hub">${words.hub}</h2>
          ${this.#renderHub()}
        </section>
        <section aria-labelledby="browser">
          <h2 id="browser">${words.browser}</h2>
          <atrium-device-form .hub=${this.hub}></atrium-device-form>
          <p class="note">${words.browserNote}</p>
          <button type="button" class="plain" ?disabled=${!this.hub.isLive} @click=${this.#signOut}>${words.signOut}</button>
        </section>
      </div>
    `;
  }

  #renderAppearance(): TemplateResult {
    const { preferences } = this.hub;
    const words = settingsWords();
    const themes = THEMES.map((value) => ({ value, label: words[value] }));
    const contrasts = CONTRASTS.map((value) => ({ value, label: words[value] }));
    const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
    return html`
      ${this.#renderChoice(words.theme, themes, preferences.theme.value, (value) => preferences.setTheme(value as Theme))}
      ${this.#renderChoice(words.contrast, contrasts, preferences.contrast.value, (value) =>
        preferences.setContrast(value as Contrast),
      )}
      ${this.#renderChoice(words.language, languages, preferences.language.value, (value) =>
        preferences.setLanguage(value as Language),
      )}
    `;
  }

  #renderChoice(
    label: string,
    choices: readonly { value: string; label: string }[],
    value: string,
    choose: (value: string) => void,
  ): TemplateResult {
    return html`
      <div class="row">
        <span aria-hidden="true">${label}</span>
        <atrium-segmented
          label=${label}
          .choices=${choices}
          .value=${value}
          @change=${(event: Event) => choose((event.target as Segmented).value)}
        ></atrium-segmented>
      </div>
    `;
  }

  #renderHub(): TemplateResult {
    const words = settingsWords();
    if (!this.plugins) return html`<p class="note late">${this.hub.isLive ? "" : words.notKnown}</p>`;
    return html`
      <dl>
        <div><dt>${words.address}</dt><dd>${location.host}</dd></div>
        <div><dt>${words.version}</dt><dd class="figures">${this.version}</dd></div>
      </dl>
      <h3>${words.plugins}</h3>
      <p class="note">${words.pluginsNote}</p>
      <ul role="list">
        ${this.plugins.map((plugin) => this.#renderPlugin(plugin))}
      </ul>
      ${this.#renderFailures()}
    `;
  }

  #renderPlugin(plugin: PluginState): TemplateResult {
    const { name, version, status, description, reason } = plugin;
    const words = settingsWords();
    const said: Readonly<Record<string, string>> = { started: words.started, failed: words.failed };
    return html`
      <li>
        <span class="name">${name} <span class="figures">${version ?? ""}</span></span>
        <atrium-status tone=${TONES[status] ?? "muted"}>${said[status] ?? words.stopped}</atrium-status>
        <span class="about">${reason ? renderTold(plugin, "reason", reason) : renderTold(plugin, "description", description)}</span>
      </li>
    `;
  }

  #renderFailures(): TemplateResult | typeof nothing {
    const words = settingsWords();
    const failures = [...this.hub.features.failures.value.values()];
    if (failures.length === 0) return nothing;
    return html`
      <h3>${words.rooms}</h3>
      <p class="note">${words.roomsNote}</p>
      <ul role="list" data-testid="failed-rooms">
        ${failures.map(
          ({ name, error }) => html`
            <li>
              <span class="name">${name}</span>
              <atrium-status tone="danger">${words.failed}</atrium-status>
              <span class="about">${withCode(problemText(problemOf(error)))}</span>
            </li>
          `,
        )}
      </ul>
    `;
  }

  async #read(): Promise<void> {
    try {
      [this.version, this.plugins] = await Promise.all([getVersion(), listPlugins()]);
    } catch (error) {
      if (this.hub.connection.state.peek().kind === "live") this.hub.notices.fail(settingsWords().hub, error);
    }
  }

  async #signOut(): Promise<void> {
    try {
      await logout();
      await this.hub.lastSeen.clear();
      this.hub.connection.start();
    } catch (error) {
      this.hub.notices.fail(settingsWords().notSignedOut, error);
    }
  }
}
