import { parseSnapshot, type SnapshotEnvelope, type SnapshotProvider, type Topic } from "@atrium/state-sync";
import { ConnectionLost, readProblem } from "./errors";
import { fields } from "./frames";
import type { HubConnectionOptions } from "./ports";

/** Calls below `/api/v1`. */
export class Http {
  private readonly api: string;

  constructor(private readonly options: HubConnectionOptions) {
    this.api = `${options.url.replace(/\/+$/, "")}/api/v1`;
  }

  /** The address of the WebSocket that a ticket opens. */
  socketUrl(ticket: string): string {
    return `${this.api.replace(/^http/, "ws")}/stream?token=${encodeURIComponent(ticket)}`;
  }

  /** Get a ticket: it opens one WebSocket, within 30 seconds. */
  async ticket(): Promise<string> {
    const { ticket } = fields(await this.call("POST", "/auth/ticket"));
    if (typeof ticket !== "string") throw new ConnectionLost("the hub answered without a ticket");
    return ticket;
  }

  /** The snapshot side of a topic. `T` is what the caller knows of it: the data is not looked into. */
  provider<T>(topic: Topic): SnapshotProvider<T> {
    const path = `/topics/${topic.split("/").map(encodeURIComponent).join("/")}`;
    return {
      getSnapshot: async () => parseSnapshot(await this.call("GET", path)) as SnapshotEnvelope<T>,
    };
  }

  /** Rejects with a `HubProblem`, or `ConnectionLost` when there is no answer. */
  private async call(method: string, path: string): Promise<unknown> {
    const { fetch: send = globalThis.fetch, headers } = this.options;
    const answer = await send(this.api + path, {
      method,
      headers: { accept: "application/json", ...headers?.() },
      credentials: "same-origin",
      cache: "no-store",
    }).catch((cause: unknown) => {
      throw new ConnectionLost(`the hub does not answer: ${String(cause)}`, { cause });
    });
    const body: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) throw readProblem(body, answer.status);
    return body;
  }
}
