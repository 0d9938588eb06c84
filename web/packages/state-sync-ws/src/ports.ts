import type { RetryPolicy } from "@atrium/state-sync";

/** The part of a WebSocket that is used: the browser's, Node's, and the `ws` package's fit. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  /** Gets an event whose `data` is the text. */
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** Opens a WebSocket. */
export type OpenSocket = (url: string) => SocketLike;

/** Calls back once, after so many milliseconds; returns what prevents it. */
export type Timer = (ms: number, callback: () => void) => () => void;

/**
 * How the connection is.
 *
 * `restarting`: the hub said so and will be back. `refused`: the hub does not accept us (401, 403, 421); nothing is tried
 * until `connect()`.
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "online"
  | "offline"
  | "restarting"
  | "refused"
  | "closed";

/** What `createHubConnection` takes. */
export type HubConnectionOptions = {
  /** Where the hub is: `http://127.0.0.1:8080`, or `location.origin` in its own page. */
  url: string;
  /** Headers of every HTTP call, for example `Authorization`; read anew for each, so that a token may change. */
  headers?: () => Readonly<Record<string, string>>;
  /** The waits between attempts to connect: 250 ms, 500 ms, ... up to 8 s by default, with jitter. */
  reconnect?: Pick<RetryPolicy, "baseDelayMs" | "maxDelayMs">;
  /** Between two pings, 20 s by default; a hub that is silent for two of them is taken for gone. */
  pingMs?: number;
  /** How long the hub may take to open the socket or to answer a frame, 15 s by default. */
  answerMs?: number;
  openSocket?: OpenSocket;
  fetch?: typeof fetch;
  timer?: Timer;
  /** A number in [0, 1). */
  random?: () => number;
};

/** The browser's and Node's own timer. */
export const systemTimer: Timer = (ms, callback) => {
  const handle = setTimeout(callback, ms);
  return () => clearTimeout(handle);
};
