import type { SnapshotEnvelope } from "@atrium/state-sync";
import { callHub } from "./http.ts";

/** Get the snapshot of a topic; its revision and data were read together. */
export function getSnapshot<T>(topic: string): Promise<SnapshotEnvelope<T>> {
  const path = topic.split("/").map(encodeURIComponent).join("/");
  return callHub(`/topics/${path}`);
}
