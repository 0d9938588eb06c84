import type { Session } from "../api/sessions.ts";

/** A message as this browser last saw it. */
export interface SeenMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly createdAt: string;
}

/** The end of a conversation, and when it was seen, in milliseconds since 1970. */
export interface SeenConversation {
  readonly seenAt: number;
  readonly session: Session;
  readonly messages: readonly SeenMessage[];
}

/** The list of the sessions, and when it was seen. */
export interface SeenList {
  readonly seenAt: number;
  readonly sessions: readonly Session[];
}

const CACHE = "atrium-last-seen";
const LIST = "/last-seen/list";
const CONVERSATION = "/last-seen/sessions/";
const MOST_CONVERSATIONS = 30;

/**
 * What this browser last saw of the hub, to be read while that is away; never a source of anything that is shown as current.
 *
 * It belongs to one login: whoever signs out or in clears it. Where the browser has no store (a page that is not served
 * securely) nothing is kept.
 */
export class LastSeen {
  readonly #caches: CacheStorage | undefined;
  /** What was begun under an earlier login must not be written under the next. */
  #login = 0;

  constructor(caches: CacheStorage | undefined) {
    this.#caches = caches;
  }

  /** The list, if there was one. */
  list(): Promise<SeenList | undefined> {
    return this.#read<SeenList>(LIST);
  }

  /** The end of a conversation, if it was open here. */
  conversation(sessionId: string): Promise<SeenConversation | undefined> {
    return this.#read<SeenConversation>(keyOf(sessionId));
  }

  /** Keep a list. */
  async keepList(list: SeenList): Promise<void> {
    await this.#write(LIST, list);
    const known = new Set(list.sessions.map(({ id }) => keyOf(id)));
    await this.#drop((keys) => keys.filter((key) => key !== LIST && !known.has(key)));
  }

  /** Keep a conversation; of many, those that were seen longest ago are dropped. */
  async keepConversation(conversation: SeenConversation): Promise<void> {
    await this.#write(keyOf(conversation.session.id), conversation);
    await this.#drop((keys) => keys.filter((key) => key !== LIST).slice(0, -MOST_CONVERSATIONS));
  }

  /** Forget all of it. */
  async clear(): Promise<void> {
    this.#login += 1;
    await this.#caches?.delete(CACHE);
  }

  async #read<T>(key: string): Promise<T | undefined> {
    const response = await this.#caches?.match(key, { cacheName: CACHE });
    return (await response?.json()) as T | undefined;
  }

  async #write(key: string, value: unknown): Promise<void> {
    const login = this.#login;
    const cache = await this.#caches?.open(CACHE);
    if (login !== this.#login) return;
    await cache?.put(key, new Response(JSON.stringify(value)));
    if (login !== this.#login) await this.#caches?.delete(CACHE);
  }

  async #drop(choose: (keys: readonly string[]) => readonly string[]): Promise<void> {
    if (!(await this.#caches?.has(CACHE))) return;
    const cache = await this.#caches?.open(CACHE);
    const keys = ((await cache?.keys()) ?? []).map(({ url }) => new URL(url).pathname);
    await Promise.all(choose(keys).map((key) => cache?.delete(key)));
  }
}

function keyOf(sessionId: string): string {
  return CONVERSATION + encodeURIComponent(sessionId);
}
