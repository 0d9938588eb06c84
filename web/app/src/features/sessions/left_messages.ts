import { effect } from "@preact/signals-core";
import { postMessage } from "../../api/messages.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { Outbox } from "./outbox.ts";

const KIND = "outbox.";

/** The outbox of a session, with what it still holds from an earlier visit. */
export function outboxOf(id: string, { connection, texts }: Pick<Hub, "connection" | "texts">): Outbox {
  return new Outbox(id, {
    send: (content, sending) => postMessage(id, content, sending),
    isReachable: () => connection.state.peek().kind === "live",
    newToken: randomId,
    texts,
  });
}

type Here = Pick<Hub, "connection" | "texts" | "router">;

/**
 * Send, as soon as the hub can be heard, what was written in sessions and could not be sent before they were left.
 *
 * Returns what ends that. The session that is open sends for itself. Who is asked twice stores once: a message has a token.
 */
export function sendLeftMessages(hub: Here): () => void {
  let outboxes: readonly Outbox[] = [];
  const close = (): void => {
    for (const outbox of outboxes) outbox.close();
    outboxes = [];
  };
  const stop = effect(() => {
    close();
    if (hub.connection.state.value.kind !== "live") return;
    const route = hub.router.route.value;
    const open = route.name === "session" ? route.id : undefined;
    const left = hub.texts.keys(KIND).map((key) => key.slice(KIND.length));
    outboxes = left.filter((id) => id !== open).map((id) => outboxOf(id, hub));
    for (const outbox of outboxes) outbox.hurry();
  });
  return () => {
    stop();
    close();
  };
}
