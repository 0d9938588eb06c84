import { effect } from "@preact/signals-core";
import type { Hub } from "./hub.ts";

/** Under this key the browser's texts say that the person has seen the welcome. */
export const WELCOMED = "welcomed";

/** Lead somebody who has no session yet, and was not led before, from the first place to the welcome. Returns what ends it. */
export function leadToWelcome(hub: Hub): () => void {
  return effect(() => {
    const isNew = hub.isLive && hub.sessionList.sessions.value?.length === 0;
    if (!isNew || hub.router.path.value !== "/" || hub.texts.get(WELCOMED)) return;
    hub.texts.set(WELCOMED, "yes");
    queueMicrotask(() => hub.router.go("/welcome", "replace"));
  });
}
