import {
  type InvalidationSubscriber,
  type Offset,
  retryDelayMs,
  type SnapshotProvider,
  type StreamEntry,
  type Topic,
  type Unsubscribe,
} from "@atrium/state-sync";
import { ConnectionLost, HubProblem } from "./errors";
import { type Frame, fields } from "./frames";
import { Http } from "./http";
import { Link } from "./link";
import {
  type ConnectionState,
  type HubConnectionOptions,
  type OpenSocket,
  systemTimer,
  type Timer,
} from "./ports";
import { type FollowOptions, Stream, streamOf } from "./stream";
import { type Watch, Watches } from "./topics";

/** A followed stream, as its follower holds it. */
export interface FollowedStream {
  /** The offset of the last durable entry delivered: what to keep. */
  readonly cursor: Offset;
  /** Follow it no more. */
  stop(): void;
}

/** One WebSocket to a hub that is kept open; topics and streams over it survive breaks and restarts. */
export interface HubConnection {
  readonly state: ConnectionState;
  /** Hear of each new state; returns what ends it. */
  onState(listener: (state: ConnectionState) => void): Unsubscribe;
  /** The event side of some topics. After a break the hub is asked for their revisions: nothing stays missed. */
  subscriber(...topics: [Topic, ...Topic[]]): InvalidationSubscriber;
  /** The snapshot side of a topic: what came with its events, where the hub sends that, else what it answers. */
  provider<T>(topic: Topic): SnapshotProvider<T>;
  /** Follow a stream: each durable entry once, in order. Throws when this connection follows it already. */
  follow<E extends StreamEntry = StreamEntry>(stream: string, options: FollowOptions<E>): FollowedStream;
  /** Send a frame and resolve to the payload of its `ack`; rejects with a `HubProblem` or `ConnectionLost`. */
  call(type: string, payload?: object, sessionId?: string): Promise<unknown>;
  /** Connect now: at the beginning, after `refused`, or because the network is back. */
  connect(): void;
  /** End everything. */
  close(): void;
}

/** Make a connection; it opens when first used, or with `connect()`. */
export function createHubConnection(options: HubConnectionOptions): HubConnection {
  return new Connection(options);
}

const RECONNECT = { baseDelayMs: 250, maxDelayMs: 8_000 };
const RESTART = { baseDelayMs: 200, maxDelayMs: 400 };
const REFUSED = new Set([401, 403, 421]);

class Connection implements HubConnection {
  state: ConnectionState = "idle";
  private readonly http: Http;
  private readonly watches = new Watches();
  private readonly streams = new Map<string, Stream>();
  private readonly listeners = new Set<(state: ConnectionState) => void>();
  private readonly timer: Timer;
  private readonly openSocket: OpenSocket;
  private link: Link | undefined;
  private attempt = 0;
  private failures = 0;
  private cancelRetry: () => void = () => undefined;

  constructor(private readonly options: HubConnectionOptions) {
    this.http = new Http(options);
    this.timer = options.timer ?? systemTimer;
    this.openSocket = options.openSocket ?? ((url) => new WebSocket(url));
  }

  onState(listener: (state: ConnectionState) => void): Unsubscribe {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  subscriber(...topics: [Topic, ...Topic[]]): InvalidationSubscriber {
    return { subscribe: (handler) => this.watch(topics, handler) };
  }

  provider<T>(topic: Topic): SnapshotProvider<T> {
    return this.watches.carried.before(topic, this.http.provider<T>(topic));
  }

  follow<E extends StreamEntry>(name: string, options: FollowOptions<E>): FollowedStream {
    if (this.streams.has(name)) throw new Error(`the stream ${name} is followed already`);
    // The follower hands its callbacks what the hub sent: `E` is what the caller knows of it.
    const stream = new Stream(name, options as unknown as FollowOptions<StreamEntry>, {
      again: (again) => this.attach(again),
      drop: (dropped) => this.drop(dropped),
    });
    this.streams.set(name, stream);
    this.use();
    this.attach(stream);
    return {
      get cursor() {
        return stream.cursor;
      },
      stop: () => this.drop(stream),
    };
  }

  async call(type: string, payload: object = {}, sessionId?: string): Promise<unknown> {
    if (!this.link) throw new ConnectionLost("there is no connection to the hub");
    return this.link.ask(type, payload, undefined, sessionId);
  }

  connect(): void {
    if (this.state === "closed" || this.state === "online" || this.state === "connecting") return;
    this.cancelRetry();
    void this.open();
  }

  close(): void {
    this.cancelRetry();
    this.attempt += 1;
    const { link } = this;
    this.link = undefined;
    this.enter("closed");
    link?.close();
    this.streams.clear();
    for (const watch of [...this.watches.all]) watch.settled(new ConnectionLost("the connection is closed"));
    this.watches.all.clear();
  }

  private use(): void {
    if (this.state === "closed") throw new ConnectionLost("the connection is closed");
    if (this.state === "idle") this.connect();
  }

  private async open(): Promise<void> {
    this.attempt += 1;
    const { attempt } = this;
    if (this.state !== "restarting") this.enter("connecting");
    try {
      const ticket = await this.http.ticket();
      if (attempt !== this.attempt) return;
      this.link = this.join(this.openSocket(this.http.socketUrl(ticket)));
    } catch (error) {
      if (attempt === this.attempt) this.failed(error);
    }
  }

  private join(socket: ReturnType<OpenSocket>): Link {
    const { pingMs = 20_000, answerMs = 15_000 } = this.options;
    const link: Link = new Link(
      socket,
      {
        opened: () => this.opened(),
        received: (frame) => this.received(frame),
        closed: () => this.closed(link),
      },
      { pingMs, answerMs },
      this.timer,
    );
    return link;
  }

  private opened(): void {
    this.failures = 0;
    this.enter("online");
    for (const watch of this.watches.all) this.stand(watch);
    for (const stream of this.streams.values()) this.attach(stream);
  }

  private closed(link: Link): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.watches.carried.forget();
    for (const stream of this.streams.values()) stream.detach();
    this.tryLater();
  }

  private failed(error: unknown): void {
    if (!(error instanceof HubProblem) || !REFUSED.has(error.status)) {
      this.tryLater();
      return;
    }
    this.enter("refused");
    for (const watch of [...this.watches.all]) if (!watch.stood) this.giveUp(watch, error);
  }

  private tryLater(): void {
    const restarting = this.state === "restarting";
    if (!restarting) this.enter("offline");
    this.failures += 1;
    const policy = restarting ? RESTART : { ...RECONNECT, ...this.options.reconnect };
    const delay = retryDelayMs(policy, this.failures, (this.options.random ?? Math.random)());
    this.cancelRetry = this.timer(delay, () => void this.open());
  }

  private received({ type, payload }: Frame): void {
    if (type === "sync:invalidate") this.watches.deliver(payload);
    else if (type === "stream:chunk") this.streams.get(streamOf(payload))?.receive(payload);
    else if (type === "stream:reset") this.reset(fields(payload));
    else if (type === "core:restarting") this.enter("restarting");
  }

  private reset({ stream, reason }: Readonly<Record<string, unknown>>): void {
    this.streams.get(String(stream))?.reset(String(reason));
  }

  private watch(topics: readonly Topic[], handler: Watch["handler"]): Promise<Unsubscribe> {
    return new Promise((resolve, reject) => {
      const end = () => this.forget(watch);
      const settled = (error?: unknown) => (error === undefined ? resolve(end) : reject(error));
      const watch: Watch = { topics, handler, stood: false, settled };
      this.use();
      this.watches.all.add(watch);
      if (this.state === "online") this.stand(watch);
    });
  }

  private stand(watch: Watch): void {
    const ready = (answer: unknown) => this.watches.stand(watch, answer);
    this.link?.ask("subscribe", { topics: watch.topics, snapshots: true }, ready).catch((error: unknown) => {
      // A lost connection is followed by another. A topic that is not there any more fails its sync's next refresh.
      if (error instanceof HubProblem && !watch.stood) this.giveUp(watch, error);
    });
  }

  private giveUp(watch: Watch, error: unknown): void {
    this.watches.remove(watch);
    watch.settled(error);
  }

  private forget(watch: Watch): void {
    const topics = this.watches.remove(watch);
    if (topics.length > 0) this.link?.send("unsubscribe", { topics });
  }

  private attach(stream: Stream): void {
    if (this.state !== "online" || !this.link) return;
    const ready = (answer: unknown) => stream.attach(fields(fields(answer).streams)[stream.name]);
    const streams = { [stream.name]: stream.begin() };
    this.link.ask("subscribe", { streams }, ready).catch((error: unknown) => {
      const followed = this.streams.get(stream.name) === stream;
      if (followed && error instanceof HubProblem) stream.refuse(error);
    });
  }

  private drop(stream: Stream): void {
    if (this.streams.get(stream.name) !== stream) return;
    this.streams.delete(stream.name);
    this.link?.send("unsubscribe", { streams: { [stream.name]: null } });
  }

  private enter(state: ConnectionState): void {
    if (state === this.state || this.state === "closed") return;
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
