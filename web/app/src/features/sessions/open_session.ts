import { computed, effect, type ReadonlySignal, signal } from "@preact/signals-core";
import { idsOf } from "../../api/attachments.ts";
import { draftTopic, getDraft, putDraft, type Written } from "../../api/drafts.ts";
import { markRead } from "../../api/messages.ts";
import { type Follower, type Presence, presenceTopic } from "../../api/presence.ts";
import type { Session } from "../../api/sessions.ts";
import type { Hub } from "../../state/hub.ts";
import { runningTurn, type Turn } from "./conversation.ts";
import { ConversationFeed } from "./conversation_feed.ts";
import { ConversationFind } from "./conversation_find.ts";
import { ConversationHistory } from "./conversation_history.ts";
import { DraftSync } from "./draft_sync.ts";
import type { ImageTrays } from "./image_trays.ts";
import type { ImageTray } from "./image_upload.ts";
import { outboxOf } from "./left_messages.ts";
import type { Outbox, OutboxItem } from "./outbox.ts";
import { PicturePace } from "./picture_pace.ts";
import { type Blocker, type Split, splitQueue } from "./queue.ts";
import { Unread } from "./unread.ts";

/** A session that is open on the page: what the hub says of it, its conversation, and what is still to be sent. */
export class OpenSession {
  readonly id: string;
  readonly feed: ConversationFeed;
  readonly outbox: Outbox;
  readonly find: ConversationFind;
  readonly unread: Unread;
  readonly drafts: DraftSync;
  /** The images of the next message. */
  readonly images: ImageTray;
  readonly isGone: ReadonlySignal<boolean>;
  /** The turn that runs, as far as the page has heard: while the hub is away it may have ended. */
  readonly running: ReadonlySignal<Turn | undefined>;
  readonly split: ReadonlySignal<Split>;
  /** What waits behind it, and behind what: unlike the whole, these are the same while an answer grows. */
  readonly queued: ReadonlySignal<readonly Turn[]>;
  readonly blocker: ReadonlySignal<Blocker | undefined>;
  /** Whether the turn that runs has begun to answer. */
  readonly isAnswering: ReadonlySignal<boolean>;
  readonly isStopped: ReadonlySignal<boolean>;
  /** What is not sent yet: on its way into the conversation, and what waits. */
  readonly leaving: ReadonlySignal<readonly OutboxItem[]>;
  readonly held: ReadonlySignal<readonly OutboxItem[]>;
  /** The other devices that the session is open on, as long as the hub tells. */
  readonly elsewhere: ReadonlySignal<readonly Follower[]>;
  readonly #ownTitle: ReadonlySignal<string | undefined>;
  readonly #runs: ReadonlySignal<boolean>;
  /** The images of the draft, so that a change of them is noticed, and nothing else of their tray. */
  readonly #attached: ReadonlySignal<string>;
  readonly #followers = signal<readonly Follower[]>([]);
  readonly #hub: Hub;
  readonly #trays: ImageTrays;
  #ends: (() => void)[] = [];

  /** `showDraft` shows a draft that was written on another screen. */
  constructor(id: string, hub: Hub, trays: ImageTrays, showDraft: (written: Written) => void) {
    this.id = id;
    this.#hub = hub;
    this.#trays = trays;
    this.images = trays.of(id);
    this.feed = new ConversationFeed(
      id,
      new ConversationHistory(id),
      hub.connection,
      new PicturePace().schedule,
    );
    this.outbox = outboxOf(id, hub);
    this.#attached = computed(() => idsOf(this.images.attachments).join());
    const turns = computed(() => this.feed.conversation.value.turns);
    this.running = computed(() => runningTurn(this.feed.conversation.value));
    this.split = computed(() => splitQueue(turns.value));
    this.queued = computed(() => this.split.value.queued);
    this.blocker = computed(() => this.split.value.blocker);
    this.isAnswering = computed(() => (this.running.value?.parts.length ?? 0) > 0);
    this.isStopped = computed(() => this.feed.conversation.value.isStopped);
    this.#ownTitle = computed(() => this.feed.conversation.value.title);
    this.#runs = computed(() => this.running.value !== undefined);
    this.find = new ConversationFind(computed(() => this.split.value.said));
    this.unread = new Unread((offset) => markRead(id, offset));
    this.drafts = new DraftSync(id, {
      get: () => getDraft(id),
      put: (written, revision) => putDraft(id, written, revision),
      texts: hub.texts,
      attachments: () => this.images.attachments,
      show: showDraft,
    });
    this.isGone = computed(() => this.feed.phase.value === "gone" || this.feed.conversation.value.isDeleted);
    this.elsewhere = computed(() => {
      if (!hub.isLive) return [];
      return this.#followers.value.filter(({ client }) => client !== hub.client.value);
    });
    const mayLeave = computed(() => hub.isLive && this.blocker.value === undefined);
    const isLeaving = (item: OutboxItem): boolean => mayLeave.value && item.status !== "refused";
    this.leaving = computed(() => this.outbox.items.value.filter(isLeaving));
    this.held = computed(() => this.outbox.items.value.filter((item) => !isLeaving(item)));
  }

  /** What the hub says of the session: the list has all of it, so no second topic is followed. */
  get session(): Session | undefined {
    return this.#hub.sessionList.find(this.id);
  }

  /** The title as the stream or the list has it; empty while there is none. */
  get title(): string {
    return this.#ownTitle.value ?? this.session?.metadata.title ?? "";
  }

  /** Whether a turn runs, as far as can be known. */
  get isRunning(): boolean {
    return this.#hub.isLive && this.#runs.value;
  }

  /** Follow the session's stream, and send what waits. */
  start(): void {
    this.#ends = [
      effect(() => {
        this.outbox.settle(this.feed.conversation.value.clientTokens);
      }),
      effect(() => {
        if (this.#hub.connection.state.value.kind !== "live") return;
        this.outbox.hurry();
        this.images.retryAll();
        void this.drafts.check();
      }),
      effect(() => {
        this.#attached.value;
        this.drafts.wrote();
      }),
      effect(() => {
        if (this.session) this.unread.learn(this.session);
      }),
      this.#hub.connection.followTopic(draftTopic(this.id), {
        invalidated: ({ revision }) => this.drafts.changed(revision),
        resumed: () => undefined,
      }),
      this.#hub.followTopic<Presence>(presenceTopic(this.id), {
        apply: ({ followers }) => {
          this.#followers.value = followers;
        },
        gone: () => {
          this.#followers.value = [];
        },
      }),
    ];
    this.feed.start();
  }

  /** End all of it. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.feed.stop();
    this.outbox.close();
    this.drafts.close();
  }

  /** Forget what was kept here for a session that is no more. */
  forgetTexts(): void {
    this.#trays.forget(this.id);
    for (const kind of ["draft", "draft-base", "edit", "outbox"])
      this.#hub.texts.set(`${kind}.${this.id}`, "");
  }
}
