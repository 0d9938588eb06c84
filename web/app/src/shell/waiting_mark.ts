import { effect } from "@preact/signals-core";
import type { Hub } from "../state/hub.ts";

const MARK = /^\(\d+\) /;

/** Show in the title of the tab, and on the installed page, how much waits for the person. Returns what ends that. */
export function markWaiting({ approvals, sessionList }: Pick<Hub, "approvals" | "sessionList">): () => void {
  let waiting = 0;
  // Rooms, those of plugins too, say only where they are.
  const mark = (): void => {
    const title = document.title.replace(MARK, "");
    const marked = waiting > 0 ? `(${waiting}) ${title}` : title;
    if (marked !== document.title) document.title = marked;
  };
  const titles = new MutationObserver(mark);
  titles.observe(document.head, { childList: true, subtree: true, characterData: true });
  const stop = effect(() => {
    const unread = sessionList.sessions.value?.filter((session) => (session.unread ?? 0) > 0) ?? [];
    waiting = approvals.count.value + unread.length;
    mark();
    void badge(waiting).catch(() => undefined);
  });
  return () => {
    stop();
    titles.disconnect();
  };
}

/** Only an installed page has a badge; elsewhere the browser refuses, or does not know the word. */
async function badge(waiting: number): Promise<void> {
  await navigator.setAppBadge?.(waiting);
}
