import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInMemoryHub, type InMemoryHub } from "@atrium/state-sync";
import type { Json } from "@atrium/state-sync/testing";
import { WebSocket, WebSocketServer } from "ws";

type Subscribe = { topics?: string[]; snapshots?: boolean; streams?: Record<string, string | null> };
type ClientFrame = { type: string; id?: string; payload: Subscribe };
type Entry = { type: string; offset: string; prev: string; source: string };

/** A small hub that speaks the wire: tickets, snapshots, subscriptions, streams. It is cut and restarted on demand. */
export class Hub {
  readonly source: InMemoryHub<Json> = createInMemoryHub<Json>();
  readonly histories = new Map<string, Entry[]>();
  readonly tickets = new Set<string>();
  readonly subscribes: Subscribe[] = [];
  /** What the next calls over HTTP are answered with, instead of what they ask for. */
  readonly refusals: number[] = [];
  /** How many more entries are lost on their way out. */
  losing = 0;
  /** Whether cursors are declined by a reset. */
  resetting = false;
  port = 0;
  private readonly clients = new Set<WebSocket>();
  private following = new Map<WebSocket, Set<string>>();
  private issued = 0;
  private server: Server = createServer();

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      const ticket = new URL(request.url ?? "", this.url).searchParams.get("token") ?? "";
      if (!this.tickets.delete(ticket)) socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      else sockets.handleUpgrade(request, socket, head, (client) => this.welcome(client));
    });
    this.server = server;
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Break every connection without a word. */
  cut(): void {
    for (const client of this.clients) client.terminate();
    this.clients.clear();
  }

  /** Send a frame to everybody. */
  broadcast(type: string, payload: unknown): void {
    for (const client of this.clients) client.send(JSON.stringify({ type, payload, timestamp: "" }));
  }

  /** Append an entry to a stream and send it to its followers. */
  append(stream: string, offset: string, type = "notes.note.added.v1"): void {
    const history = this.histories.get(stream) ?? [];
    const entry = { type, offset, prev: history.at(-1)?.offset ?? "0", source: `/${stream}` };
    this.histories.set(stream, [...history, entry]);
    if (this.losing > 0) {
      this.losing -= 1;
      return;
    }
    for (const client of this.clients) {
      if (this.following.get(client)?.has(stream)) this.send(client, "stream:chunk", entry);
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? "").replace("/api/v1", ""));
    const refusal = this.refusals.shift();
    if (refusal !== undefined) {
      reply(response, refusal, {
        status: refusal,
        code: "NOT_TODAY",
        detail: "not today",
        recoverable: false,
      });
    } else if (path === "/auth/ticket") {
      this.issued += 1;
      this.tickets.add(`t${this.issued}`);
      reply(response, 200, { ticket: `t${this.issued}`, expiresIn: 30 });
    } else {
      this.snapshot(path.replace("/topics/", ""), response);
    }
  }

  private snapshot(topic: string, response: ServerResponse): void {
    this.source
      .provider(topic)
      .getSnapshot()
      .then(
        (snapshot) => reply(response, 200, snapshot),
        () => reply(response, 404, { status: 404, code: "NOT_FOUND", detail: `there is no topic ${topic}` }),
      );
  }

  private welcome(client: WebSocket): void {
    this.clients.add(client);
    this.following.set(client, new Set());
    client.on("close", () => this.clients.delete(client));
    client.on("message", (text) => this.perform(client, JSON.parse(String(text)) as ClientFrame));
  }

  private perform(client: WebSocket, { type, id, payload }: ClientFrame): void {
    if (type === "subscribe") this.subscribe(client, id, payload);
    else if (type === "ping") this.send(client, "pong", {}, id);
    else if (type === "refuse") this.send(client, "error", { status: 404, code: "UNKNOWN" }, id);
    else if (id !== undefined) this.send(client, "ack", payload, id);
  }

  private subscribe(client: WebSocket, id: string | undefined, payload: Subscribe): void {
    this.subscribes.push(payload);
    const streams = Object.entries(payload.streams ?? {});
    if (payload.topics?.includes("secret") || payload.streams?.missing !== undefined) {
      this.send(client, "error", { status: 404, code: "NOT_FOUND", detail: "there is no such thing" }, id);
      return;
    }
    const topics = payload.topics?.map((topic) => [topic, this.source.revision(topic)]) ?? [];
    const heads = streams.map(([stream]) => [stream, this.histories.get(stream)?.at(-1)?.offset ?? "0"]);
    this.send(client, "ack", { topics: Object.fromEntries(topics), streams: Object.fromEntries(heads) }, id);
    for (const [stream, cursor] of streams) this.replay(client, stream, cursor);
  }

  private replay(client: WebSocket, stream: string, cursor: string | null): void {
    if (this.resetting) {
      this.send(client, "stream:reset", { stream, reason: "beyond the head" });
      return;
    }
    this.following.get(client)?.add(stream);
    const history = this.histories.get(stream) ?? [];
    const after = cursor === null ? Number(history.at(-1)?.offset ?? 0) : Number(cursor);
    for (const entry of history) if (Number(entry.offset) > after) this.send(client, "stream:chunk", entry);
  }

  private send(client: WebSocket, type: string, payload: unknown, id?: string): void {
    client.send(JSON.stringify({ type, payload, timestamp: "", ...(id === undefined ? {} : { id }) }));
  }
}

/** Open a socket as a browser does. */
export const openSocket = (url: string): WebSocket => new WebSocket(url);

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
