import type { Topic } from "./messages";
import type { Logger, OnError, SyncErrorContext, SyncPhase } from "./ports";

/** Tells the application what happened, and survives it when the telling itself fails. */
export class Reporter {
  constructor(
    readonly topic: Topic,
    private readonly logger: Logger | undefined,
    private readonly onError: OnError | undefined,
  ) {}

  /** Trace one step. */
  step(message: string, extra: Record<string, unknown> = {}): void {
    this.log("debug", message, extra);
  }

  /** Report a failure to the log and to the hook. */
  failure(phase: SyncPhase, error: unknown, sourceEvent?: unknown): void {
    this.log("error", `sync: ${phase} failed`, { phase, error });
    const context: SyncErrorContext = { phase, topic: this.topic, error };
    if (sourceEvent !== undefined) context.sourceEvent = sourceEvent;
    try {
      this.onError?.(context);
    } catch (hookError) {
      this.log("error", "sync: the onError hook failed", { phase, error: hookError });
    }
  }

  private log(level: "debug" | "error", message: string, extra: Record<string, unknown>): void {
    try {
      this.logger?.[level](message, { topic: this.topic, ...extra });
    } catch {
      // A broken logger is the application's own fault and has no better place to be reported than itself.
    }
  }
}
