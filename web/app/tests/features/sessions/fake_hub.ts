import { vi } from "vitest";
import type { Session, SessionMetadata } from "../../../src/api/sessions.ts";
import { HubConnection } from "../../../src/connection/connection.ts";
import { SessionDeeds } from "../../../src/features/sessions/session_deeds.ts";
import { Notices } from "../../../src/state/notices.ts";
import { Router } from "../../../src/state/router.ts";
import { SessionList } from "../../../src/state/session_list.ts";
import { FakeNetwork, settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";

type Change = { readonly metadata?: SessionMetadata; readonly pinned?: boolean };
type Stored = { session: Session; revision: number };

/** The hub's side of the sessions: answers `fetch` as the wire says, and keeps what was asked. */
export class FakeHub {
  readonly sessions = new Map<string, Stored>();
  readonly asked: string[] = [];
  /** What others do just before a change arrives. */
  beforeChange: (() => void) | undefined;
  isAway = false;
  #revision = 0;

  constructor(...sessions: readonly Session[]) {
    for (const session of sessions) this.store(session);
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => this.#answer(url, init));
  }

  store(session: Session): void {
    this.#revision += 1;
    this.sessions.set(session.id, { session, revision: this.#revision });
  }

  titleOf(id: string): string | undefined {
    return this.sessions.get(id)?.session.metadata.title;
  }

  tagsOf(id: string): readonly string[] | undefined {
    return this.sessions.get(id)?.session.metadata.tags;
  }

  /** Change what people say about a session, as another screen would. */
  say(id: string, metadata: SessionMetadata): void {
    const stored = this.sessions.get(id);
    if (stored) this.store({ ...stored.session, metadata: { ...stored.session.metadata, ...metadata } });
  }

  async #answer(url: string, { method = "GET", headers, body }: RequestInit): Promise<Response> {
    const path = url.replace("/api/v1", "");
    this.asked.push(`${method} ${path}`);
    if (this.isAway) throw new TypeError("Failed to fetch");
    if (path === "/topics/sessions") return this.#json(this.#snapshot());
    const id = decodeURIComponent(path.split("/")[2] ?? "");
    if (method === "PATCH") this.beforeChange?.();
    const stored = this.sessions.get(id);
    if (!stored) return this.#problem(404, "NOT_FOUND");
    if (method === "DELETE") return this.#delete(id);
    if (method === "PATCH") return this.#change(stored, new Headers(headers), JSON.parse(String(body)));
    return this.#json({ revision: String(stored.revision), data: stored.session });
  }

  #change({ session, revision }: Stored, headers: Headers, change: Change): Response {
    const wanted = headers.get("If-Match");
    if (wanted !== null && Number(wanted.replaceAll('"', "")) < revision)
      return this.#problem(412, "PRECONDITION_FAILED");
    const changed = { ...session, ...change, metadata: { ...session.metadata, ...change.metadata } };
    this.store(changed);
    return this.#json({ revision: String(this.#revision), data: changed });
  }

  #delete(id: string): Response {
    this.sessions.delete(id);
    this.#revision += 1;
    return new Response(null, { status: 204 });
  }

  #snapshot(): unknown {
    const data = [...this.sessions.values()].map(({ session }) => session);
    return { revision: String(this.#revision), data };
  }

  #json(value: unknown): Response {
    return new Response(JSON.stringify(value), { status: 200 });
  }

  #problem(status: number, code: string): Response {
    return new Response(JSON.stringify({ title: code, detail: `It is ${code}`, code, status }), { status });
  }
}

/** A page that shows the hub's list: everything but its elements. */
export class Page {
  readonly sessionList = new SessionList();
  readonly notices = new Notices();
  readonly router = new Router();
  readonly deeds: SessionDeeds;
  readonly #stop: (() => void)[] = [];

  constructor(readonly texts = new MemoryTexts()) {
    this.deeds = new SessionDeeds(this);
    this.#stop.push(this.deeds.deletions.watch());
  }

  /** Connect, and read the list. */
  async open(): Promise<this> {
    const network = new FakeNetwork();
    const connection = new HubConnection(network.ports);
    this.#stop.push(this.sessionList.follow(connection), () => connection.stop());
    connection.start();
    await settle();
    network.socket.accept();
    network.socket.say("sync:hello");
    await settle();
    return this;
  }

  get ids(): readonly string[] {
    return (this.sessionList.sessions.value ?? []).map(({ id }) => id);
  }

  get said(): readonly string[] {
    return this.notices.all.value.map(({ text }) => text);
  }

  find(id: string): Session {
    const session = this.sessionList.find(id);
    if (!session) throw new Error(`no session ${id}`);
    return session;
  }

  close(): void {
    for (const stop of this.#stop.splice(0)) stop();
  }
}
