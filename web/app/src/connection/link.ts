import { ApiProblem, readProblem, unreachable } from "../api/problem.ts";
import { type Frame, readFrame } from "./frames.ts";

const OPEN_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 15_000;
const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 8_000;

/** What a link tells its owner. `closed` comes once and last. */
export interface LinkOwner {
  opened(): void;
  received(frame: Frame): void;
  closed(): void;
}

interface Waiting {
  readonly resolve: (payload: Record<string, unknown>) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** One WebSocket from opening to end: pairs answers with questions and notices when the other side is gone. */
export class Link {
  readonly #socket: WebSocket;
  readonly #owner: LinkOwner;
  readonly #waiting = new Map<string, Waiting>();
  #deadline: ReturnType<typeof setTimeout>;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #lastId = 0;
  #ended = false;

  constructor(socket: WebSocket, owner: LinkOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#deadline = setTimeout(() => this.close(), OPEN_TIMEOUT_MS);
    socket.onopen = () => this.#open();
    socket.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    socket.onclose = () => this.close();
    socket.onerror = () => this.close();
  }

  /** Whether frames can be sent. */
  get isOpen(): boolean {
    return !this.#ended && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Send a frame that needs no answer. */
  send(type: string, payload: object = {}): void {
    if (this.isOpen) this.#socket.send(JSON.stringify({ type, payload }));
  }

  /** Send a frame and wait for its `ack`. Raises `ApiProblem`. */
  ask(type: string, payload: object): Promise<Record<string, unknown>> {
    if (!this.isOpen) return Promise.reject(unreachable());
    const id = `q${++this.#lastId}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, unreachable()), ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ type, id, payload }));
    });
  }

  /** Ask for a sign of life now; the link ends when none comes. */
  probe(): void {
    if (!this.isOpen) return;
    this.send("ping");
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.close(), PING_TIMEOUT_MS);
  }

  /** End the link at once, without waiting for the other side, which may be gone. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#heartbeat);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = this.#socket.onerror = null;
    this.#socket.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, unreachable());
    this.#owner.closed();
  }

  #open(): void {
    clearTimeout(this.#deadline);
    this.#heartbeat = setInterval(() => this.probe(), PING_INTERVAL_MS);
    this.#owner.opened();
    this.probe();
  }

  #receive(data: unknown): void {
    clearTimeout(this.#deadline);
    const frame = readFrame(data);
    if (!frame) return;
    const answers = frame.id !== undefined && (frame.type === "ack" || frame.type === "error");
    if (answers) this.#settle(frame.id as string, frame);
    this.#owner.received(frame);
  }

  #settle(id: string, outcome: Frame | ApiProblem): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (outcome instanceof ApiProblem) waiting.reject(outcome);
    else if (outcome.type === "error") waiting.reject(new ApiProblem(readProblem(outcome.payload)));
    else waiting.resolve(outcome.payload);
  }
}
