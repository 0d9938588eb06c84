/** What somebody calls from; `name` is what its owner calls it. */
export interface Device {
  readonly program: string;
  readonly system?: string;
  readonly name?: string;
}

/** Someone who follows a session from a device; `since` is an ISO date. `client` is theirs alone. */
export interface Follower {
  readonly user: string;
  readonly client: string;
  readonly device: Device;
  readonly since: string;
}

/** What the hub says of who follows a session. */
export interface Presence {
  readonly followers: readonly Follower[];
}

/** The topic that tells who follows a session. */
export function presenceTopic(sessionId: string): string {
  return `sessions/${sessionId}/presence`;
}
