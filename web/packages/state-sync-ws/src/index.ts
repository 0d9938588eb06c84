/**
 * A hub's topics and streams over one WebSocket and HTTP: `createHubConnection`.
 *
 * @module
 */

export { createHubConnection, type FollowedStream, type HubConnection } from "./connection";
export { ConnectionLost, HubProblem } from "./errors";
export type { ConnectionState, HubConnectionOptions, OpenSocket, SocketLike, Timer } from "./ports";
export type { FollowOptions } from "./stream";
