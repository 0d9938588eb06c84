import { effect } from "@preact/signals-core";
import type { Session } from "../api/sessions.ts";
import type { Hub } from "./hub.ts";
import type { SeenMessage } from "./last_seen.ts";

const CALM_MS = 1_000;
const MOST_SESSIONS = 200;
const MOST_MESSAGES = 200;

/** Keep what the person sees of the sessions, once it has been calm for a moment, and forget it when they are signed out. */
export function recordLastSeen(hub: Hub): () => void {
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
      return session && (() => keep(hub, session));
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

async function keep(hub: Hub, session: Session): Promise<void> {
  const { data } = await hub.call<{ data: readonly SeenMessage[] }>(pathOf(session));
  const messages = data.map(({ id, role, content, createdAt }) => ({ id, role, content, createdAt }));
  await hub.lastSeen.keepConversation({ seenAt: Date.now(), session, messages });
}

/** Where the last messages are: an offset is a time in microseconds, and how far to go back a guess from the session's pace. */
function pathOf({ id, messageCount, createdAt, updatedAt }: Session): string {
  const end = Date.parse(updatedAt);
  const back = ((end - Date.parse(createdAt)) * MOST_MESSAGES) / messageCount;
  const cursor = messageCount > MOST_MESSAGES ? `&cursor=${Math.floor(end - back)}000` : "";
  return `/sessions/${encodeURIComponent(id)}/messages?limit=${MOST_MESSAGES}${cursor}`;
}

/** What was not kept cannot be read later, and that is said then; now there is nothing for the person to do. */
function ignore(): void {}
