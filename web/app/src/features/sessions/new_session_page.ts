import { html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Folder } from "lucide";
import { postMessage } from "../../api/messages.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import { labelOf, type Provider } from "../../api/providers.ts";
import { createSession } from "../../api/sessions.ts";
import { controls } from "../../design/controls.ts";
import { icon } from "../../design/icon.ts";
import { renderProblem } from "../../design/problem_view.ts";
import { renderTold } from "../../design/told_text.ts";
import { withCode } from "../../design/words.ts";
import { translated } from "../../language/phrases.ts";
import { problemText } from "../../language/problems.ts";
import { shellWords } from "../../shell/words.ts";
import type { Hub } from "../../state/hub.ts";
import { PROVIDER_KEY } from "../../state/provider_list.ts";
import { randomId } from "../../state/random_id.ts";
import { sessionPath } from "../../state/router.ts";
import { SignalElement } from "../../state/signal_element.ts";
import type { Composer, SendEvent } from "./composer.ts";
import "./composer.ts";
import { FileDrop } from "./file_drop.ts";
import { keepFolder, readFolders } from "./folders.ts";
import { whyNoImages } from "./image_refusal.ts";
import type { ImageTray } from "./image_upload.ts";
import { newSessionStyles } from "./new_session_styles.ts";
import { newSessionWords } from "./new_session_words.ts";
import { Outbox, type OutboxPorts } from "./outbox.ts";
import { sessionPageStyles } from "./page_styles.ts";
import { titleFrom } from "./session_words.ts";

const DRAFT_KEY = "draft.new";

/** Where a session begins: choose who answers, write the first message. */
@customElement("atrium-new-session-page")
export class NewSessionPage extends SignalElement {
  static override styles = [controls, sessionPageStyles, newSessionStyles];

  @property({ attribute: false }) hub!: Hub;
  /** The images of the first message. */
  @property({ attribute: false }) images!: ImageTray;

  @state() private isBusy = false;
  @state() private problem: Problem | undefined;
  @state() private chosen: string | undefined;
  @state() private folder = "";
  @query("atrium-composer") private composer!: Composer;
  /** Repeating a call that may have been heard must not create a second session: what was asked for keeps its key. */
  #asked = { request: "", key: "" };

  constructor() {
    super();
    new FileDrop(this, () => this.composer);
  }

  override focus(): void {
    void this.updateComplete.then(() => this.composer.focus());
  }

  protected override render(): TemplateResult {
    const words = newSessionWords();
    const providers = this.hub.providers.all.value;
    const provider = this.#provider();
    return html`
      <header><h1>${words.newSession}</h1></header>
      <div class="body" data-testid="new-session-page">${this.#renderBody(providers, provider)}</div>
      <div class="foot">
        <atrium-composer
          .texts=${this.hub.texts}
          .draftKey=${DRAFT_KEY}
          .images=${this.images}
          .imagesRefused=${whyNoImages(providers, provider?.id)}
          .label=${words.firstMessage}
          ?busy=${this.isBusy || !provider || !this.hub.isLive}
          @send=${this.#begin}
        >
          ${this.#renderChoice(providers ?? [], provider)} ${provider?.capabilities?.folders ? this.#renderFolder() : ""}
        </atrium-composer>
      </div>
    `;
  }

  #renderBody(providers: readonly Provider[] | undefined, provider: Provider | undefined): TemplateResult {
    const words = newSessionWords();
    if (this.problem) {
      return html`
        <div class="problem" role="alert">
          ${renderProblem(this.problem)} ${words.textKept}
        </div>
      `;
    }
    if (this.isBusy) return html`<p class="muted" role="status">${words.creating}</p>`;
    if (provider) {
      return html`<p class="muted">${this.hub.isLive ? words.howItBegins : words.notNow}</p>`;
    }
    const problem = this.hub.providers.problem.value;
    if (!providers)
      return problem ? html`<p class="muted" role="status">${withCode(problemText(problem))}</p>` : html``;
    return html`
      <p>${words.noneCanAnswer}</p>
      <ul>
        ${providers.map((one) => html`<li>${one.name}: ${one.reason ? renderTold(one, "reason", one.reason) : words.notAvailable}</li>`)}
      </ul>
      <div class="ways">
        <button type="button" class="plain" data-testid="check-providers" @click=${() => this.hub.providers.refresh()}>
          ${words.checkAgain}
        </button>
        <a class="button quiet" href="/providers">${shellWords().toProviders}</a>
      </div>
    `;
  }

  #renderChoice(providers: readonly Provider[], provider: Provider | undefined): TemplateResult {
    const words = newSessionWords();
    if (!provider) return html`<span class="hint">${providers.length > 0 ? words.noModel : ""}</span>`;
    if (providers.length === 1) return html`<span class="hint">${labelOf(provider)}</span>`;
    return html`
      <label>
        <span class="visually-hidden">${words.whoAnswers}</span>
        <select data-testid="provider" @change=${this.#choose}>
          ${providers.map((choice) => renderOption(choice, choice === provider))}
        </select>
      </label>
    `;
  }

  #renderFolder(): TemplateResult {
    const words = newSessionWords();
    return html`
      <label class="folder" title=${words.folderHow}>
        ${icon(Folder)}<span class="visually-hidden">${words.folder}</span>
        <input
          list="folders"
          spellcheck="false"
          autocapitalize="off"
          placeholder=${words.ownFolder}
          data-testid="folder"
          .value=${this.folder}
          @input=${this.#writeFolder}
        />
        <datalist id="folders">
          ${readFolders(this.hub.texts).map((folder) => html`<option value=${folder}></option>`)}
        </datalist>
      </label>
    `;
  }

  #writeFolder(event: Event): void {
    this.folder = (event.target as HTMLInputElement).value;
  }

  /** Who answers: the one chosen here, the one chosen last time, the hub's own choice; each only while it can. */
  #provider(): Provider | undefined {
    const active = this.hub.providers.all.value?.filter(({ status }) => status === "active") ?? [];
    const wanted = [this.chosen, this.hub.texts.get(PROVIDER_KEY)];
    for (const wish of wanted) {
      const provider = active.find(({ id }) => id === wish);
      if (provider) return provider;
    }
    return this.hub.providers.preferred.value;
  }

  #choose(event: Event): void {
    this.chosen = (event.target as HTMLSelectElement).value;
    this.hub.texts.set(PROVIDER_KEY, this.chosen);
  }

  async #begin({ content }: SendEvent): Promise<void> {
    const provider = this.#provider();
    if (!provider) return;
    this.isBusy = true;
    this.problem = undefined;
    const title = titleFrom(content || (this.images.names[0] ?? ""));
    const folder = provider.capabilities?.folders ? this.folder.trim() : "";
    const wanted = { providerId: provider.id, title, ...(folder && { folder }) };
    const request = JSON.stringify(wanted);
    if (this.#asked.request !== request) this.#asked = { request, key: randomId() };
    try {
      const id = await createSession(wanted, this.#asked.key);
      if (folder) keepFolder(this.hub.texts, folder);
      await this.images.begin(id);
      if (!this.images.hasFailed) this.#handOver(id, content);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.isBusy = false;
  }

  /** Leave the first message in the session's outbox, where it survives whatever happens, and go there. */
  #handOver(id: string, content: string): void {
    const { attachments } = this.images;
    const send: OutboxPorts["send"] = (text, sending) => postMessage(id, text, sending);
    const outbox = new Outbox(id, { send, newToken: randomId, texts: this.hub.texts });
    outbox.close();
    outbox.add(content, attachments.length > 0 ? { attachments } : {});
    this.#asked = { request: "", key: "" };
    this.composer.clear();
    this.hub.router.go(sessionPath(id));
  }
}

function renderOption(provider: Provider, isSelected: boolean): TemplateResult {
  const { id, status, reason } = provider;
  const words = newSessionWords();
  const why = {
    active: "",
    notInstalled: ` (${words.notInstalled})`,
    unavailable: ` (${words.notAvailable})`,
  };
  return html`
    <option value=${id} ?selected=${isSelected} ?disabled=${status !== "active"} title=${translated(provider, "reason") ?? reason ?? ""}>
      ${status === "active" ? labelOf(provider) : provider.name}${why[status]}
    </option>
  `;
}
