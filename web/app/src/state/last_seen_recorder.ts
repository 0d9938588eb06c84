import { effect } from "@preact/signals-core";
import type { Session } from "../api/sessions.ts";
import type { Hub } from "./hub.ts";
import type { SeenMessage } from "./last_seen.ts";

const CALM_MS = 1_000;
const MOST_SESSIONS = 200;
const MOST_MESSAGES = 200;

/** Keep what the person sees of the sessions, once it has been calm for a moment, and forget it when they are signed out. */
export function recordLastSeen(hub: Hub): () => void {
  const pages = new LastPages((path, call) => hub.call(path, call));
  const ends = [
    effect(() => {
      if (hub.connection.state.value.kind === "signedOut") void hub.lastSeen.clear();
    }),
    whenCalm(() => {
      const sessions = hub.isLive ? hub.sessionList.sessions.value : undefined;
      return (
        sessions &&
        (() => hub.lastSeen.keepList({ seenAt: Date.now(), sessions: sessions.slice(0, MOST_SESSIONS) }))
      );
    }),
    whenCalm(() => {
      const session = openSession(hub);
      return session && (() => keep(hub, session, pages));
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Do what `find` finds, a moment after what it read has stopped changing. */
function whenCalm(find: () => (() => Promise<void>) | undefined): () => void {
  return effect(() => {
    const act = find();
    const timer = act && setTimeout(() => void act().catch(ignore), CALM_MS);
    return () => clearTimeout(timer);
  });
}

/** The session the page is at, while no answer to it is being written. */
function openSession(hub: Hub): Session | undefined {
  const route = hub.router.route.value;
  if (!hub.isLive || route.name !== "session") return undefined;
  const session = hub.sessionList.sessions.value?.find(({ id }) => id === route.id);
  return session?.turn?.status === "running" ? undefined : session;
}

async function keep(hub: Hub, session: Session, pages: LastPages): Promise<void> {
  const last = await pages.messagesOf(session);
  const messages = last.map(({ id, role, content, createdAt }) => ({ id, role, content, createdAt }));
  await hub.lastSeen.keepConversation({ seenAt: Date.now(), session, messages });
}

interface Page {
  readonly data: readonly SeenMessage[];
  readonly nextCursor: string | null;
}

/** Reads the last messages of sessions: forwards, as the hub gives them, from where the end was the last time. */
export class LastPages {
  readonly #call: Hub["call"];
  /** Where, in each session, its last page but one began. */
  readonly #cursors = new Map<string, string>();

  constructor(call: Hub["call"]) {
    this.#call = call;
  }

  /** Return the last messages of a session, oldest first. */
  async messagesOf(session: Session): Promise<readonly SeenMessage[]> {
    const cursors = [this.#cursors.get(session.id) ?? guessedCursor(session)];
    let last: readonly SeenMessage[] = [];
    for (let cursor = cursors.at(-1); cursor !== undefined; cursor = cursors.at(-1)) {
      const query = new URLSearchParams({ limit: String(MOST_MESSAGES), cursor });
      const path = `/sessions/${encodeURIComponent(session.id)}/messages?${query}`;
      const { data, nextCursor } = await this.#call<Page>(path);
      last = [...last, ...data].slice(-MOST_MESSAGES);
      if (nextCursor === null) break;
      cursors.push(nextCursor);
    }
    this.#cursors.set(session.id, cursors.slice(-2)[0] ?? "0");
    return last;
  }
}

/** Where the last messages may begin: an offset is a time in microseconds, and how far to go back a guess from the pace. */
function guessedCursor({ messageCount, createdAt, updatedAt }: Session): string {
  const end = Date.parse(updatedAt);
  const back = ((end - Date.parse(createdAt)) * MOST_MESSAGES) / messageCount;
  return messageCount > MOST_MESSAGES ? `${Math.floor(end - back)}000` : "0";
}

/** What was not kept cannot be read later, and that is said then; now there is nothing for the person to do. */
function ignore(): void {}
