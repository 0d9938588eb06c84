import { html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ChevronLeft } from "lucide";
import { login } from "../api/auth.ts";
import { problemOf } from "../api/problem.ts";
import { controls } from "../design/controls.ts";
import { icon } from "../design/icon.ts";
import "../features/sessions/new_session_page.ts";
import type { SessionListView } from "../features/sessions/session_list_view.ts";
import "../features/sessions/session_list_view.ts";
import "../features/sessions/session_page.ts";
import type { Hub } from "../state/hub.ts";
import type { Route } from "../state/router.ts";
import { SignalElement } from "../state/signal_element.ts";
import { shellStyles } from "./app_styles.ts";
import "./connection_status.ts";
import { takeCode } from "./login_code.ts";
import "./sign_in_page.ts";
import "./toasts.ts";

/** The page: signs in, shows where one is, and listens to the keys that work everywhere. */
@customElement("atrium-app")
export class App extends SignalElement {
  static override styles = [controls, shellStyles];

  @property({ attribute: false }) hub!: Hub;
  @state() private loginProblem: string | undefined;
  @query("atrium-session-list") private list!: SessionListView | null;
  @query("main > *") private page!: HTMLElement | null;

  #shownRoute: Route["name"] | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
    window.addEventListener("hashchange", this.#onHash);
    this.hub.router.start(this);
    void this.#signIn().then(() => this.hub.start());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
    window.removeEventListener("hashchange", this.#onHash);
  }

  protected override updated(): void {
    const { name } = this.hub.router.route.value;
    if (name === "new" && this.#shownRoute !== name) this.page?.focus();
    this.#shownRoute = name;
    if (name !== "session") document.title = "Atrium";
  }

  protected override render(): TemplateResult {
    if (this.hub.connection.state.value.kind === "signedOut") {
      return html`<atrium-sign-in-page .problem=${this.loginProblem} @check=${() => this.hub.connection.start()}></atrium-sign-in-page>`;
    }
    const route = this.hub.router.route.value;
    return html`
      <div class="rooms" data-route=${route.name}>
        <header>
          ${
            route.name === "list"
              ? html`<span class="name">Atrium</span>`
              : html`<a class="back" href="/">${icon(ChevronLeft)}Sessions</a><span class="name">Atrium</span>`
          }
          <atrium-connection-status .connection=${this.hub.connection}></atrium-connection-status>
        </header>
        <atrium-session-list .hub=${this.hub}></atrium-session-list>
        <main>${this.#renderPage()}</main>
      </div>
      <atrium-toasts .notices=${this.hub.notices}></atrium-toasts>
    `;
  }

  #renderPage(): TemplateResult {
    const route = this.hub.router.route.value;
    if (route.name !== "session")
      return html`<atrium-new-session-page .hub=${this.hub}></atrium-new-session-page>`;
    return html`<atrium-session-page .hub=${this.hub} .sessionId=${route.id}></atrium-session-page>`;
  }

  async #signIn(): Promise<void> {
    const code = takeCode();
    if (code === undefined) return;
    try {
      await login(code);
      this.loginProblem = undefined;
    } catch (error) {
      const { status, detail } = problemOf(error);
      const isRefused = status >= 400 && status < 500;
      this.loginProblem = isRefused ? "The link was used already, or it is too old." : detail;
    }
  }

  readonly #onHash = async (): Promise<void> => {
    await this.#signIn();
    this.hub.connection.start();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (event.key === "n") {
      event.preventDefault();
      this.hub.router.go("/new");
    } else if (event.key === "j" || event.key === "k") {
      this.list?.step(event.key === "j" ? 1 : -1);
    }
  };
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof Element && target.closest("dialog") !== null)
  );
}
