import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { problemOf } from "../api/problem.ts";
import { controls } from "../design/controls.ts";
import "../design/empty_state.ts";
import "../design/progress.ts";
import type { FeatureRoute, Room } from "../state/feature.ts";
import type { FeatureFailure, Match } from "../state/features.ts";
import type { Hub } from "../state/hub.ts";
import { matchPath } from "../state/paths.ts";
import { SignalElement } from "../state/signal_element.ts";
import { shellWords } from "./words.ts";

/** Where the page can show what it last saw while there is nothing else. */
const LAST_SEEN_PATHS = ["/", "/sessions/:id"];

/** Shows the room of the place where the page is. A room that throws is replaced by words that name it. */
@customElement("atrium-room-frame")
export class RoomFrame extends SignalElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template: minmax(0, 1fr) / minmax(0, 1fr);
        min-width: 0;
        min-height: 0;
      }

      .aside {
        padding: 24px;
        overflow: auto;
        background: var(--surface-raised);
      }

      pre {
        max-width: 40rem;
        margin: 8px 24px;
        font: 400 var(--size-13) / 1.5 var(--font-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) hub!: Hub;
  #shown: { readonly route: FeatureRoute; readonly room: Room } | undefined;

  protected override render(): TemplateResult {
    const { features } = this.hub;
    const path = this.hub.router.path.value;
    if (this.hub.isUnread && matchPath(LAST_SEEN_PATHS, path)) return this.#renderLastSeen();
    const match = features.match(path);
    const name = match?.feature.name ?? features.ownerOf(path)?.name;
    const failure = name === undefined ? undefined : features.failures.value.get(name);
    if (failure) return this.#renderFailure(failure);
    if (match) return this.#renderRoom(match);
    this.#shown = undefined;
    if (name !== undefined) void features.load(name);
    if (name === undefined && features.isComplete.value) return this.#renderNothing();
    return html`<div class="aside"><atrium-progress label=${shellWords().loadingRoom}></atrium-progress></div>`;
  }

  #renderLastSeen(): TemplateResult {
    this.#shown = undefined;
    void import("../features/last_seen/last_seen_room.ts").catch((error: unknown) =>
      this.hub.notices.fail(shellWords().loadingRoom, error),
    );
    return html`<atrium-last-seen-room .hub=${this.hub}></atrium-last-seen-room>`;
  }

  #renderRoom(match: Match): TemplateResult {
    const { name } = match.feature;
    try {
      const room = this.#shown?.route === match.route ? this.#shown.room : this.#enter(match.route, name);
      room.place = match.place;
      return html`${room}`;
    } catch (error) {
      queueMicrotask(() => this.hub.features.fail(name, error));
      return html``;
    }
  }

  #enter(route: FeatureRoute, name: string): Room {
    const room = route.room();
    this.#shown = { route, room };
    if (room instanceof LitElement) void this.#firstRender(room, name);
    return room;
  }

  async #firstRender(room: LitElement, name: string): Promise<void> {
    try {
      await room.updateComplete;
    } catch (error) {
      this.hub.features.fail(name, error);
    }
  }

  #renderFailure({ name, error }: FeatureFailure): TemplateResult {
    this.#shown = undefined;
    const words = shellWords();
    return html`
      <div class="aside" role="alert" data-testid="failed-feature">
        <atrium-empty heading=${words.roomFailed(name)}>${words.roomFailedNote}</atrium-empty>
        <pre>${problemOf(error).detail}</pre>
        <atrium-empty>
          <button slot="step" type="button" class="plain" @click=${() => this.#tryAgain(name)}>${words.tryAgain}</button>
        </atrium-empty>
      </div>
    `;
  }

  #tryAgain(name: string): void {
    this.hub.features.forgive(name);
  }

  #renderNothing(): TemplateResult {
    const words = shellWords();
    return html`
      <div class="aside">
        <atrium-empty heading=${words.noSuchPlace}>
          ${words.noSuchPlaceNote}
          <a slot="step" class="button plain" href="/">${words.toSessions}</a>
        </atrium-empty>
      </div>
    `;
  }
}
