import { createCarriedSnapshots, retryDelayMs } from "@atrium/state-sync";
import { signal } from "@preact/signals-core";
import { type ApiProblem, type Problem, problemOf, UNREACHABLE } from "../api/problem.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { Frame } from "./frames.ts";
import { Link } from "./link.ts";

/** Follows one topic: told of each invalidation, and when some may have been missed. */
export interface TopicListener {
  invalidated(event: Record<string, unknown>): void;
  resumed(): void;
}

/** Follows one stream: asked for its cursor at each (re)connection, then given the entries after it. */
export interface StreamListener {
  cursor(): string;
  received(entry: Record<string, unknown>): void;
  reset(reason: string): void;
  refused(problem: Problem): void;
}

/** What the connection needs from outside, so that tests can drive it. */
export interface ConnectionPorts {
  readonly getTicket: () => Promise<string>;
  readonly openSocket: (ticket: string) => WebSocket;
  readonly random: () => number;
  readonly now: () => number;
}

const RECONNECT = { baseDelayMs: 250, maxDelayMs: 8_000 };
/** A restart that was announced takes a few seconds from the loss of the connection; before it, turns may finish. */
const RESTART_GRACE_MS = 15_000;

/** The page's one WebSocket: opens it, keeps it, and after each break subscribes again to all that is followed. */
export class HubConnection {
  readonly state = signal<ConnectionState>({ kind: "connecting" });
  /** What came with the events of the followed topics. */
  readonly carried = createCarriedSnapshots();
  readonly #ports: ConnectionPorts;
  readonly #topics = new Map<string, Set<TopicListener>>();
  readonly #streams = new Map<string, StreamListener>();
  #link: Link | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #failures = 0;
  #lostAt: number | undefined;
  #restartingSince: number | undefined;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
  }

  /** Connect, and go on connecting until `stop`. */
  start(): void {
    this.stop();
    this.state.value = { kind: "connecting" };
    void this.#connect();
  }

  /** Disconnect; nothing is tried until `start`. */
  stop(): void {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = undefined;
    this.carried.forget();
    link?.close();
  }

  /** Check the connection now instead of at the next tick: the network came back or the page was shown again. */
  hurry(): void {
    if (this.state.value.kind === "live") this.#link?.probe();
    else if (this.#timer !== undefined && this.state.value.kind !== "signedOut") void this.#connect();
  }

  /** Follow a topic. Returns what ends it. */
  followTopic(topic: string, listener: TopicListener): () => void {
    const listeners = this.#topics.get(topic) ?? new Set();
    listeners.add(listener);
    this.#topics.set(topic, listeners);
    if (listeners.size === 1) this.#link?.send("subscribe", { topics: [topic], snapshots: true });
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#topics.delete(topic);
      this.carried.forget(topic);
      this.#link?.send("unsubscribe", { topics: [topic] });
    };
  }

  /** Follow a stream from its listener's cursor. Returns what ends it. */
  followStream(stream: string, listener: StreamListener): () => void {
    this.#streams.set(stream, listener);
    void this.#subscribeStream(stream, listener);
    return () => {
      if (this.#streams.get(stream) !== listener) return;
      this.#streams.delete(stream);
      this.#link?.send("unsubscribe", { streams: { [stream]: listener.cursor() } });
    };
  }

  /** Subscribe again to a stream from its listener's cursor: entries were missed. Returns when it is done or moot. */
  async rewindStream(stream: string): Promise<void> {
    const listener = this.#streams.get(stream);
    if (!listener) return;
    this.#link?.send("unsubscribe", { streams: { [stream]: listener.cursor() } });
    await this.#subscribeStream(stream, listener);
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const attempt = ++this.#attempt;
    try {
      const ticket = await this.#ports.getTicket();
      if (attempt !== this.#attempt) return;
      this.#open(this.#ports.openSocket(ticket));
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error);
    }
  }

  #open(socket: WebSocket): void {
    const link: Link = new Link(socket, {
      opened: () => this.#subscribeAll(link),
      received: (frame) => this.#received(link, frame),
      closed: () => this.#closed(link),
    });
    this.#link = link;
  }

  #subscribeAll(link: Link): void {
    for (const topic of this.#topics.keys()) link.send("subscribe", { topics: [topic], snapshots: true });
    for (const [stream, listener] of this.#streams) void this.#subscribeStream(stream, listener);
  }

  async #subscribeStream(stream: string, listener: StreamListener): Promise<void> {
    const link = this.#link;
    if (!link?.isOpen) return;
    try {
      await link.ask("subscribe", { streams: { [stream]: listener.cursor() } });
    } catch (error) {
      const { problem } = error as ApiProblem;
      const current = this.#link === link && this.#streams.get(stream) === listener;
      if (current && problem.code !== UNREACHABLE) listener.refused(problem);
    }
  }

  #received(link: Link, frame: Frame): void {
    if (link !== this.#link) return;
    this.#becomeLive();
    switch (frame.type) {
      case "sync:invalidate":
        this.#invalidated(frame.payload);
        break;
      case "stream:chunk":
        this.#streams.get(streamOf(frame))?.received(frame.payload);
        break;
      case "stream:reset":
        this.#streams.get(text(frame.payload.stream))?.reset(text(frame.payload.reason));
        break;
      case "core:restarting":
        this.#restartingSince = this.#ports.now();
        this.state.value = { kind: "restarting", since: this.#restartingSince };
        break;
    }
  }

  #invalidated(event: Record<string, unknown>): void {
    const listeners = this.#topics.get(text(event.topic));
    if (!listeners) return;
    this.carried.note(event);
    for (const listener of listeners) listener.invalidated(event);
  }

  #becomeLive(): void {
    const { kind } = this.state.value;
    if (kind === "live" || (kind === "restarting" && this.#lostAt === undefined)) return;
    this.#failures = 0;
    this.#lostAt = undefined;
    this.#restartingSince = undefined;
    this.state.value = { kind: "live" };
    for (const listeners of this.#topics.values()) for (const listener of listeners) listener.resumed();
  }

  #closed(link: Link): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.carried.forget();
    if (this.state.value.kind === "live") this.state.value = { kind: "connecting" };
    this.#tryLater();
  }

  #failed(error: unknown): void {
    if (problemOf(error).status === 401) {
      this.state.value = { kind: "signedOut" };
      return;
    }
    this.#tryLater();
  }

  #tryLater(): void {
    const now = this.#ports.now();
    this.#lostAt ??= now;
    if (this.#failures > 0) this.state.value = this.#absence(now, this.#lostAt);
    this.#failures += 1;
    const delay = retryDelayMs(RECONNECT, this.#failures, this.#ports.random());
    this.#timer = setTimeout(() => void this.#connect(), delay);
  }

  #absence(now: number, lostAt: number): ConnectionState {
    const restarting = this.#restartingSince;
    if (restarting !== undefined && now - lostAt < RESTART_GRACE_MS)
      return { kind: "restarting", since: restarting };
    return { kind: "offline", since: lostAt, isStopped: restarting !== undefined };
  }
}

function streamOf(frame: Frame): string {
  const source = text(frame.payload.source);
  return source ? source.replace(/^\//, "") : `sessions/${frame.sessionId ?? ""}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
