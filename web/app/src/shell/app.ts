import { html, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { ChevronLeft } from "lucide";
import { controls } from "../design/controls.ts";
import { icon } from "../design/icon.ts";
import { warnOfExpiry } from "../state/expiring.ts";
import type { Command, NavigationEntry } from "../state/feature.ts";
import type { Hub } from "../state/hub.ts";
import { sessionPath } from "../state/router.ts";
import { Shortcuts } from "../state/shortcuts.ts";
import { SignalElement } from "../state/signal_element.ts";
import { shellStyles } from "./app_styles.ts";
import { Breakages } from "./breakages.ts";
import "./connection_note.ts";
import "./connection_status.ts";
import { takeCode } from "./login_code.ts";
import "./navigation.ts";
import type { Overlays } from "./overlays.ts";
import "./overlays.ts";
import "./room_frame.ts";
import { shellCommands, wayCommands } from "./shell_commands.ts";
import { SignIn } from "./sign_in.ts";
import "./sign_in_page.ts";
import "./toasts.ts";
import { shellWords } from "./words.ts";

/** The page: signs in, shows where one is, and listens to the keys that work everywhere. */
@customElement("atrium-app")
export class App extends SignalElement {
  static override styles = [controls, shellStyles];

  @property({ attribute: false }) hub!: Hub;
  @query("atrium-overlays") private overlays!: Overlays | null;
  #signIn!: SignIn;
  #breakages: Breakages | undefined;
  #endWarnings: (() => void) | undefined;

  readonly #own = shellCommands({
    search: () => void this.#search(),
    showKeys: () => void this.overlays?.openKeys(() => this.#commands()),
  });
  readonly #shortcuts = new Shortcuts(() => this.#commands(), Date.now);

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
    window.addEventListener("hashchange", this.#onHash);
    this.#signIn = new SignIn(takeCode, this.hub.lastSeen);
    this.#breakages = new Breakages(this.hub);
    this.#breakages.watch();
    this.hub.router.start(this);
    this.#endWarnings = warnOfExpiry(this.hub.approvals.open, ({ title, sessionId }) => {
      const run = () => this.hub.router.go(sessionId === null ? "/approvals" : sessionPath(sessionId));
      this.hub.notices.say(shellWords().expiring(title), { label: shellWords().answer, run });
    });
    void this.#signIn.follow().then(() => this.hub.start());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
    window.removeEventListener("hashchange", this.#onHash);
    this.#breakages?.ignore();
    this.#endWarnings?.();
  }

  protected override render(): TemplateResult {
    return html`${keyed(this.hub.preferences.language.value, this.#renderPage())}`;
  }

  #renderPage(): TemplateResult {
    const { connection } = this.hub;
    if (this.#signIn.isStuck || connection.state.value.kind === "signedOut") {
      return html`<atrium-sign-in-page .hub=${this.hub} .signIn=${this.#signIn} @check=${this.#onHash}></atrium-sign-in-page>`;
    }
    const entry = this.#entry();
    const isInside = entry?.path !== this.hub.router.path.value;
    return html`
      <div class=${isInside ? "frame inside" : "frame"}>
        <header>${this.#renderHead(entry, isInside)}</header>
        <atrium-navigation .hub=${this.hub} @search=${() => this.#run("shell.search")}></atrium-navigation>
        <atrium-connection-status .connection=${connection}></atrium-connection-status>
        <main>
          <atrium-connection-note .connection=${connection}></atrium-connection-note>
          <atrium-room-frame .hub=${this.hub}></atrium-room-frame>
        </main>
      </div>
      <atrium-overlays .hub=${this.hub}></atrium-overlays>
      <atrium-toasts .notices=${this.hub.notices}></atrium-toasts>
    `;
  }

  #renderHead(entry: NavigationEntry | undefined, isInside: boolean): TemplateResult {
    if (entry && !isInside) return html`<h1>${entry.label()}</h1>`;
    const { path, label } = entry ?? { path: "/", label: () => "Atrium" };
    return html`<a class="back" href=${path}>${icon(ChevronLeft)}${label()}</a>`;
  }

  /** The navigation of the room where the page is. */
  #entry(): NavigationEntry | undefined {
    const { features, router } = this.hub;
    const path = router.path.value;
    const owner = features.match(path)?.feature.name ?? features.ownerOf(path)?.name;
    return features.navigation.value.find(({ name }) => name === owner);
  }

  #commands(): readonly Command[] {
    const { features, router } = this.hub;
    const ways = wayCommands(features.navigation.value, (path) => router.go(path));
    return [...this.#own, ...features.commands.value, ...ways];
  }

  /** The sessions are found in their room: what is known of them has to be there first. */
  async #search(): Promise<void> {
    await this.hub.features.load("sessions");
    await this.overlays?.openPalette(() => this.#commands());
  }

  #run(id: string): void {
    this.#commands()
      .find((command) => command.id === id)
      ?.run();
  }

  readonly #onHash = async (): Promise<void> => {
    await this.#signIn.follow();
    this.hub.connection.start();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (this.hub.connection.state.value.kind !== "signedOut") this.#shortcuts.hear(event);
  };
}
