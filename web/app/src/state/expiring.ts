import { effect, type ReadonlySignal } from "@preact/signals-core";
import type { Approval } from "../api/approvals.ts";

const WARNING_MS = 60_000;

/** Call `warn` once for each question a minute before it expires, on every screen. Returns what ends it. */
export function warnOfExpiry(
  open: ReadonlySignal<readonly Approval[] | undefined>,
  warn: (approval: Approval) => void,
): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const end = effect(() => {
    const waiting = open.value ?? [];
    const ids = new Set(waiting.map(({ id }) => id));
    for (const [id, timer] of timers) {
      if (ids.has(id)) continue;
      clearTimeout(timer);
      timers.delete(id);
    }
    for (const approval of waiting) {
      if (timers.has(approval.id)) continue;
      const left = Date.parse(approval.expiresAt) - Date.now() - WARNING_MS;
      timers.set(
        approval.id,
        setTimeout(() => warn(approval), Math.max(0, left)),
      );
    }
  });
  return () => {
    end();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
