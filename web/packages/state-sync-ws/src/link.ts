import { ConnectionLost, readProblem } from "./errors";
import { type Frame, readFrame } from "./frames";
import type { SocketLike, Timer } from "./ports";

/** What a link tells its owner. `closed` comes once and last. */
export interface LinkOwner {
  opened(): void;
  received(frame: Frame): void;
  closed(): void;
}

/** The times a link keeps, in milliseconds. */
export type LinkTimes = { pingMs: number; answerMs: number };

type Waiting = {
  resolve: (payload: unknown) => void;
  reject: (error: unknown) => void;
  ready: ((payload: unknown) => void) | undefined;
  cancel: () => void;
};

/** One WebSocket from opening to end: pairs answers with questions, and notices when the hub has gone silent. */
export class Link {
  private readonly waiting = new Map<string, Waiting>();
  private cancelTimer: () => void;
  private lastId = 0;
  private silentPings = 0;
  private open = false;
  private ended = false;

  constructor(
    private readonly socket: SocketLike,
    private readonly owner: LinkOwner,
    private readonly times: LinkTimes,
    private readonly timer: Timer,
  ) {
    this.cancelTimer = timer(times.answerMs, () => this.close());
    socket.onopen = () => this.begin();
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.receive(data);
    socket.onclose = () => this.close();
    socket.onerror = () => this.close();
  }

  /** Send a frame that needs no answer. */
  send(type: string, payload: object): void {
    if (this.open) this.socket.send(JSON.stringify({ type, payload }));
  }

  /**
   * Send a frame and resolve to the payload of its `ack`; rejects with a `HubProblem` or `ConnectionLost`.
   *
   * `ready` gets that payload as it arrives, before any frame behind it is looked at.
   */
  ask(
    type: string,
    payload: object,
    ready?: (payload: unknown) => void,
    sessionId?: string,
  ): Promise<unknown> {
    if (!this.open) return Promise.reject(lost());
    this.lastId += 1;
    const id = `q${this.lastId}`;
    return new Promise((resolve, reject) => {
      const cancel = this.timer(this.times.answerMs, () => this.close());
      this.waiting.set(id, { resolve, reject, ready, cancel });
      this.socket.send(
        JSON.stringify({ type, id, ...(sessionId === undefined ? {} : { sessionId }), payload }),
      );
    });
  }

  /** End at once, without waiting for the other side, which may be gone. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.open = false;
    this.cancelTimer();
    const { socket } = this;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined; // closing a socket that is still connecting is an error to some implementations
    socket.close();
    for (const { cancel, reject } of this.waiting.values()) {
      cancel();
      reject(lost());
    }
    this.waiting.clear();
    this.owner.closed();
  }

  private begin(): void {
    this.open = true;
    this.cancelTimer();
    this.schedulePing();
    this.owner.opened();
  }

  private schedulePing(): void {
    this.cancelTimer = this.timer(this.times.pingMs, () => {
      this.silentPings += 1;
      if (this.silentPings > 2) {
        this.close();
        return;
      }
      this.send("ping", {});
      this.schedulePing();
    });
  }

  private receive(data: unknown): void {
    this.silentPings = 0;
    const frame = readFrame(data);
    if (!frame) return;
    if (frame.id === undefined) this.owner.received(frame);
    else this.settle(frame.id, frame);
  }

  private settle(id: string, frame: Frame): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    waiting.cancel();
    if (frame.type === "error") {
      waiting.reject(readProblem(frame.payload));
      return;
    }
    waiting.ready?.(frame.payload);
    waiting.resolve(frame.payload);
  }
}

function lost(): ConnectionLost {
  return new ConnectionLost("there is no connection to the hub");
}
