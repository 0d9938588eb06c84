import { ProtocolError, SnapshotTimeout } from "./errors";
import type { OnError, SnapshotProvider, SyncErrorContext } from "./ports";

/** How often and how long after one another a snapshot is asked for. */
export type RetryPolicy = {
  /** 3 by default. */
  maxAttempts?: number;
  /** 100 by default. */
  baseDelayMs?: number;
  /** 2000 by default. */
  maxDelayMs?: number;
  /** By default everything but a `ProtocolError`, which asking again does not cure. */
  shouldRetry?: (error: unknown) => boolean;
};

/** What `withRetry` takes from outside. */
export type RetryEnvironment = {
  /** Hears of each failed attempt with `attempt`, `willRetry` and `nextDelayMs`. */
  onError?: OnError;
  sleep?: (ms: number) => Promise<void>;
  /** A number in [0, 1). */
  random?: () => number;
};

/** The defaults of a retry policy. */
export const DEFAULT_RETRY_POLICY: Required<RetryPolicy> = {
  maxAttempts: 3,
  baseDelayMs: 100,
  maxDelayMs: 2000,
  shouldRetry: (error) => !(error instanceof ProtocolError),
};

/**
 * Return the wait after a failed attempt (counted from 1), for a random number in [0, 1).
 *
 * Exponential with equal jitter: between half and all of min(maxDelayMs, baseDelayMs * 2^(attempt-1)), whole milliseconds.
 * Never near zero, so that a crowd of clients neither hammers nor falls into step.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const { baseDelayMs, maxDelayMs } = { ...DEFAULT_RETRY_POLICY, ...policy };
  const ceiling = baseDelayMs * 2 ** Math.min(attempt - 1, 1000);
  return Math.floor(Math.min(maxDelayMs, ceiling) * (0.5 + random / 2));
}

/** Wrap a provider so that failed fetches are tried again; rejects with the last error as it is. */
export function withRetry<T>(
  provider: SnapshotProvider<T>,
  policy: RetryPolicy = {},
  environment: RetryEnvironment = {},
): SnapshotProvider<T> {
  const settled = { ...DEFAULT_RETRY_POLICY, ...policy };
  checkPolicy(settled);
  const { onError, sleep = pause, random = Math.random } = environment;
  const delayAfter = (attempt: number, error: unknown): number | undefined =>
    attempt < settled.maxAttempts && settled.shouldRetry(error)
      ? retryDelayMs(settled, attempt, random())
      : undefined;
  return {
    async getSnapshot() {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await provider.getSnapshot();
        } catch (error) {
          const nextDelayMs = delayAfter(attempt, error);
          onError?.(describe(attempt, error, nextDelayMs));
          if (nextDelayMs === undefined) throw error;
          await sleep(nextDelayMs);
        }
      }
    },
  };
}

/** Wrap a provider so that a fetch longer than `ms` rejects with `SnapshotTimeout`; what arrives later is discarded. */
export function withTimeout<T>(provider: SnapshotProvider<T>, ms: number): SnapshotProvider<T> {
  if (!(ms > 0 && ms < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`ms is ${ms}; a timeout is a finite number of milliseconds above 0`);
  }
  return {
    getSnapshot: () =>
      new Promise((resolve, reject) => {
        const late = () => reject(new SnapshotTimeout(`the snapshot did not arrive within ${ms} ms`));
        const alarm = setTimeout(late, ms);
        // An async function, so that a provider that throws at once rejects like any other.
        const fetch = async () => provider.getSnapshot();
        fetch()
          .then(resolve, reject)
          .finally(() => clearTimeout(alarm));
      }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function describe(attempt: number, error: unknown, nextDelayMs: number | undefined): SyncErrorContext {
  const context: SyncErrorContext = {
    phase: "getSnapshot",
    error,
    attempt,
    willRetry: nextDelayMs !== undefined,
  };
  return nextDelayMs === undefined ? context : { ...context, nextDelayMs };
}

function checkPolicy(policy: Required<RetryPolicy>): void {
  if (!(policy.maxAttempts >= 1))
    throw new RangeError(`maxAttempts is ${policy.maxAttempts}; it must be at least 1`);
  for (const name of ["baseDelayMs", "maxDelayMs"] as const) {
    if (!(policy[name] >= 0 && policy[name] < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${name} is ${policy[name]}; it must be a finite number, 0 or more`);
    }
  }
}
