import { effect, signal } from "@preact/signals-core";
import { getTicket } from "../api/auth.ts";
import { API_PREFIX, type Call, callHub } from "../api/http.ts";
import { HubConnection, type StreamListener } from "../connection/connection.ts";
import type { ConnectionState } from "../connection/connection_state.ts";
import { followTopicState, type TopicStateListener } from "../connection/topic_state.ts";
import type { Language } from "../language/language.ts";
import { ApprovalList } from "./approval_list.ts";
import type { Shell } from "./feature.ts";
import { Features } from "./features.ts";
import { type KeyedTexts, StoredTexts } from "./keyed_texts.ts";
import { LastSeen } from "./last_seen.ts";
import { type NoticeStep, Notices } from "./notices.ts";
import { Preferences } from "./preferences.ts";
import { ProviderList } from "./provider_list.ts";
import { Router } from "./router.ts";
import { SessionList } from "./session_list.ts";

/** The world of the page: one of each, built once, handed to every component. */
export class Hub implements Shell {
  readonly router = new Router();
  readonly notices = new Notices();
  readonly features = new Features();
  readonly providers = new ProviderList();
  readonly texts: KeyedTexts = new StoredTexts(localStorage);
  readonly sessionList = new SessionList();
  readonly approvals = new ApprovalList();
  readonly lastSeen = new LastSeen(globalThis.caches);
  readonly preferences = new Preferences(this.texts);
  /** What the hub calls this browser, once it has said so. */
  readonly client = signal<string | undefined>(undefined);
  readonly connection = new HubConnection({
    getTicket: async () => {
      const { ticket, client } = await getTicket();
      this.client.value = client;
      return ticket;
    },
    openSocket: (ticket) => new WebSocket(streamAddress(ticket)),
    random: Math.random,
    now: Date.now,
  });

  /** Connect, and keep the lists live. */
  start(): void {
    this.connection.start();
    this.sessionList.follow(this.connection);
    this.approvals.follow(this.connection);
    this.providers.follow(this.connection);
    effect(() => {
      if (this.connection.state.value.kind === "live") void this.providers.refresh();
    });
    for (const change of ["online", "offline"])
      window.addEventListener(change, () => this.connection.hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.connection.hurry();
      if (this.connection.state.peek().kind === "live") void this.providers.refresh();
    });
  }

  /** Whether the hub answers right now. Read it while rendering: it is a signal's value. */
  get isLive(): boolean {
    return this.connection.state.value.kind === "live";
  }

  /** Whether the hub is away and this page has read nothing of it yet. Read it while rendering. */
  get isUnread(): boolean {
    const { kind } = this.connection.state.value;
    const isAway = kind === "offline" || kind === "restarting";
    return isAway && this.sessionList.sessions.value === undefined;
  }

  get connectionState(): ConnectionState {
    return this.connection.state.value;
  }

  get language(): Language {
    return this.preferences.language.value;
  }

  call<T>(path: string, call?: Call): Promise<T> {
    return callHub<T>(path, call);
  }

  followTopic<T>(topic: string, listener: TopicStateListener<T>): () => void {
    return followTopicState(this.connection, topic, listener);
  }

  followStream(stream: string, listener: StreamListener): () => void {
    return this.connection.followStream(stream, listener);
  }

  go(path: string): void {
    this.router.go(path);
  }

  say(text: string, step?: NoticeStep): void {
    this.notices.say(text, step);
  }

  fail(what: string, error: unknown): void {
    this.notices.fail(what, error);
  }
}

function streamAddress(ticket: string): string {
  const address = new URL(`${API_PREFIX}/stream`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = new URLSearchParams({ token: ticket }).toString();
  address.hash = "";
  return address.href;
}
