import { Deferred } from "./deferred";
import { type InvalidationEvent, parseEvent, parseTopic } from "./messages";
import type { RevisionSync, RevisionSyncOptions, Unsubscribe } from "./ports";
import { Refresher } from "./refresher";
import { Reporter } from "./reporter";
import { compareRevisions, type Revision } from "./revision";

/** Build the sync of one topic; nothing happens before `start()`. Throws `ProtocolError` for a blank topic. */
export function createRevisionSync<T>(options: RevisionSyncOptions<T>): RevisionSync {
  const engine = new Engine(options);
  return {
    start: () => engine.start(),
    stop: () => engine.stop(),
    refresh: () => engine.refresh(),
    getLocalRevision: () => engine.getLocalRevision(),
  };
}

/** The time from one `start()` to its `stop()`. */
type Run = { opened: Deferred; unsubscribe?: Unsubscribe };

class Engine<T> implements RevisionSync {
  private readonly reporter: Reporter;
  private readonly refresher: Refresher<T>;
  private run: Run | undefined;
  private stopped = false;

  constructor(private readonly options: RevisionSyncOptions<T>) {
    this.reporter = new Reporter(parseTopic(options.topic), options.logger, options.onError);
    this.refresher = new Refresher(options.provider, options.applier, this.reporter);
  }

  getLocalRevision(): Revision {
    return this.refresher.localRevision;
  }

  start(): Promise<void> {
    if (!this.run) {
      this.stopped = false;
      this.run = { opened: new Deferred() };
      void this.open(this.run);
    }
    return this.run?.opened.promise ?? Promise.resolve();
  }

  stop(): void {
    this.stopped = true;
    if (this.run) this.close(this.run);
    this.refresher.abandon();
  }

  async refresh(): Promise<void> {
    if (this.stopped) this.reporter.step("sync: refresh ignored, stopped");
    else await this.refresher.refresh();
  }

  private async open(run: Run): Promise<void> {
    try {
      if (await this.subscribe(run)) await this.refresher.refreshAnew(() => this.run === run);
    } catch (error) {
      this.close(run, { error });
      return;
    }
    if (this.run !== run) return;
    run.opened.resolve();
    this.refresher.follow();
  }

  private async subscribe(run: Run): Promise<boolean> {
    let unsubscribe: Unsubscribe;
    try {
      unsubscribe = await this.options.subscriber.subscribe((payload) => this.receive(run, payload));
    } catch (error) {
      if (this.run === run) this.reporter.failure("subscribe", error);
      throw error;
    }
    if (this.run !== run) {
      this.release(unsubscribe);
      return false;
    }
    run.unsubscribe = unsubscribe;
    this.reporter.step("sync: subscribed");
    return true;
  }

  private receive(run: Run, payload: unknown): void {
    if (this.run !== run) return;
    let event: InvalidationEvent;
    try {
      event = parseEvent(payload);
    } catch (error) {
      this.reporter.failure("protocol", error, payload);
      return;
    }
    if (event.topic !== this.reporter.topic) return;
    if (compareRevisions(event.revision, this.getLocalRevision()) <= 0) {
      this.reporter.step("sync: invalidation ignored, not newer", { revision: event.revision });
    } else if (this.accepts(event, payload) && this.run === run) {
      this.refresher.want(event.revision);
    }
  }

  private accepts(event: InvalidationEvent, payload: unknown): boolean {
    try {
      return this.options.shouldRefresh?.(event) ?? true;
    } catch (error) {
      // A filter only saves work: when it fails, one refresh too many is safe and one too few is not.
      this.reporter.failure("invalidation", error, payload);
      return true;
    }
  }

  private close(run: Run, failure?: { error: unknown }): void {
    if (this.run !== run) return;
    this.run = undefined;
    this.refresher.abandon();
    if (failure) run.opened.reject(failure.error);
    else run.opened.resolve();
    if (run.unsubscribe) this.release(run.unsubscribe);
  }

  private release(unsubscribe: Unsubscribe): void {
    try {
      unsubscribe();
      this.reporter.step("sync: unsubscribed");
    } catch (error) {
      this.reporter.failure("subscribe", error);
    }
  }
}
