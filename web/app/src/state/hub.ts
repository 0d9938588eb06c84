import { effect } from "@preact/signals-core";
import { getTicket } from "../api/auth.ts";
import { API_PREFIX } from "../api/http.ts";
import { HubConnection } from "../connection/connection.ts";
import { type KeyedTexts, StoredTexts } from "./keyed_texts.ts";
import { Notices } from "./notices.ts";
import { ProviderList } from "./provider_list.ts";
import { Router } from "./router.ts";
import { SessionList } from "./session_list.ts";

/** The world of the page: one of each, built once, handed to every component. */
export class Hub {
  readonly router = new Router();
  readonly notices = new Notices();
  readonly providers = new ProviderList();
  readonly sessionList = new SessionList();
  readonly texts: KeyedTexts = new StoredTexts(localStorage);
  readonly connection = new HubConnection({
    getTicket,
    openSocket: (ticket) => new WebSocket(streamAddress(ticket)),
    random: Math.random,
    now: Date.now,
  });

  /** Connect, and keep the lists live. */
  start(): void {
    this.connection.start();
    this.sessionList.follow(this.connection);
    effect(() => {
      if (this.connection.state.value.kind === "live") void this.providers.refresh();
    });
    window.addEventListener("online", () => this.connection.hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.connection.hurry();
      if (this.connection.state.peek().kind === "live") void this.providers.refresh();
    });
  }
}

function streamAddress(ticket: string): string {
  const address = new URL(`${API_PREFIX}/stream`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = new URLSearchParams({ token: ticket }).toString();
  address.hash = "";
  return address.href;
}
