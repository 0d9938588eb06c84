import { signal } from "@preact/signals-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Approval } from "../../src/api/approvals.ts";
import { warnOfExpiry } from "../../src/state/expiring.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function question(id: string, seconds: number): Approval {
  return { id, expiresAt: new Date(Date.now() + seconds * 1_000).toISOString() } as Approval;
}

it("warns once of each question that still waits a minute before it expires", () => {
  const [first, answered] = [question("1", 300), question("2", 300)];
  const open = signal<readonly Approval[] | undefined>([first, answered]);
  const warned: string[] = [];
  const end = warnOfExpiry(open, ({ id }) => warned.push(id));
  vi.advanceTimersByTime(239_000);
  expect(warned).toEqual([]);
  open.value = [{ ...first }];
  vi.advanceTimersByTime(1_000);
  open.value = [first, question("3", 10)];
  vi.advanceTimersByTime(0);
  expect(warned).toEqual(["1", "3"]);
  open.value = [first, question("4", 100)];
  end();
  vi.advanceTimersByTime(100_000);
  expect(warned).toEqual(["1", "3"]);
});
