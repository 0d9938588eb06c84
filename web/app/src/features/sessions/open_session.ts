import { computed, effect, type ReadonlySignal } from "@preact/signals-core";
import { type Session, sendMessage } from "../../api/sessions.ts";
import type { Hub } from "../../state/hub.ts";
import { randomId } from "../../state/random_id.ts";
import { runningTurn, type Turn } from "./conversation.ts";
import { ConversationFeed } from "./conversation_feed.ts";
import { ConversationHistory } from "./conversation_history.ts";
import { Outbox } from "./outbox.ts";
import { PicturePace } from "./picture_pace.ts";

/** A session that is open on the page: what the hub says of it, its conversation, and what is still to be sent. */
export class OpenSession {
  readonly id: string;
  readonly feed: ConversationFeed;
  readonly outbox: Outbox;
  readonly isGone: ReadonlySignal<boolean>;
  readonly running: ReadonlySignal<Turn | undefined>;
  readonly #hub: Hub;
  #ends: (() => void)[] = [];

  constructor(id: string, hub: Hub) {
    this.id = id;
    this.#hub = hub;
    const history = new ConversationHistory(id, () => this.session);
    this.feed = new ConversationFeed(id, history, hub.connection, new PicturePace().schedule);
    this.outbox = new Outbox(id, {
      send: (content, clientToken) => sendMessage(id, content, clientToken),
      newToken: randomId,
      texts: hub.texts,
    });
    this.running = computed(() => runningTurn(this.feed.conversation.value));
    this.isGone = computed(() => this.feed.phase.value === "gone" || this.feed.conversation.value.isDeleted);
  }

  /** What the hub says of the session: the list has all of it, so no second topic is followed. */
  get session(): Session | undefined {
    return this.#hub.sessionList.find(this.id);
  }

  /** The title as the stream or the list has it; empty while there is none. */
  get title(): string {
    return this.feed.conversation.value.title ?? this.session?.metadata.title ?? "";
  }

  /** Follow the session's stream, and send what waits. */
  start(): void {
    this.#ends = [
      effect(() => {
        this.outbox.settle(this.feed.conversation.value.clientTokens);
      }),
      effect(() => {
        if (this.#hub.connection.state.value.kind === "live") this.outbox.hurry();
      }),
    ];
    this.feed.start();
  }

  /** End all of it. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.feed.stop();
    this.outbox.close();
  }
}
