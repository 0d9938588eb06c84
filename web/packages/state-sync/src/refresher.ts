import { Deferred } from "./deferred";
import { ProtocolError } from "./errors";
import { parseSnapshot, type SnapshotEnvelope } from "./messages";
import type { SnapshotApplier, SnapshotProvider } from "./ports";
import type { Reporter } from "./reporter";
import { compareRevisions, type Revision, ZERO_REVISION } from "./revision";

/** One refresh under way. */
type Flight = { outcome: Deferred; phase: "getSnapshot" | "apply"; abandoned: boolean };

/**
 * Brings snapshots from the provider to the applier, newer ones only and never two at once.
 *
 * `follow` decides whether invalidations start refreshes. An invalidation seen while a refresh is in flight gets a refresh
 * after it, if the local revision is still behind then; a snapshot older than the newest invalidation gets one more try. A
 * refresh that fails gets none: that is a retry policy's decision.
 */
export class Refresher<T> {
  localRevision: Revision = ZERO_REVISION;
  private flight: Flight | undefined;
  private applying: Promise<void> | undefined;
  private following = false;
  private wanted: Revision = ZERO_REVISION;
  private asked = false;
  private extra = false;

  constructor(
    private readonly provider: SnapshotProvider<T>,
    private readonly applier: SnapshotApplier<T>,
    private readonly reporter: Reporter,
  ) {}

  /** Join the refresh in flight, or begin one. */
  refresh(): Promise<void> {
    return (this.flight ?? this.begin()).outcome.promise;
  }

  /** Refresh with a snapshot that is asked for only now, after any refresh already in flight. */
  async refreshAnew(isWanted: () => boolean): Promise<void> {
    await this.flight?.outcome.promise.catch(() => undefined);
    if (isWanted()) await this.refresh();
  }

  /** Note that the source has announced a revision, and catch up if that is newer than what is here. */
  want(revision: Revision): void {
    if (compareRevisions(revision, this.wanted) > 0) this.wanted = revision;
    this.asked = true;
    if (this.following && !this.flight) this.beginIfBehind();
  }

  /** Let invalidations start refreshes from now on, those already noted included. */
  follow(): void {
    this.following = true;
    if (!this.flight) this.beginIfBehind();
  }

  /** Discard the refresh in flight and forget every invalidation; an apply already running ends by itself. */
  abandon(): void {
    this.following = this.asked = this.extra = false;
    this.wanted = ZERO_REVISION;
    const flight = this.flight;
    this.flight = undefined;
    if (!flight) return;
    flight.abandoned = true;
    flight.outcome.resolve();
  }

  private begin(): Flight {
    if (this.asked) {
      this.asked = false;
      this.extra = true;
    }
    const flight: Flight = { outcome: new Deferred(), phase: "getSnapshot", abandoned: false };
    this.flight = flight;
    void this.fly(flight);
    return flight;
  }

  private beginIfBehind(): void {
    const behind = compareRevisions(this.wanted, this.localRevision) > 0;
    if (!behind || !(this.asked || this.extra)) return;
    this.extra = false;
    this.begin();
  }

  private async fly(flight: Flight): Promise<void> {
    try {
      const snapshot = parseSnapshot(await this.provider.getSnapshot());
      await this.apply(flight, snapshot as SnapshotEnvelope<T>);
    } catch (error) {
      this.landFailed(flight, error);
      return;
    }
    this.land(flight);
  }

  private async apply(flight: Flight, snapshot: SnapshotEnvelope<T>): Promise<void> {
    // This waits after a restart only: the apply of the run before may still be under way.
    while (this.applying) await this.applying;
    if (flight.abandoned) return;
    if (compareRevisions(snapshot.revision, this.localRevision) <= 0) {
      this.reporter.step("sync: snapshot ignored, not newer", { revision: snapshot.revision });
      return;
    }
    flight.phase = "apply";
    const done = new Deferred();
    this.applying = done.promise;
    try {
      const applying = this.applier.apply(snapshot);
      if (applying !== undefined) await applying;
      this.localRevision = snapshot.revision;
    } finally {
      this.applying = undefined;
      done.resolve();
    }
    this.reporter.step("sync: snapshot applied", { revision: snapshot.revision });
  }

  private landFailed(flight: Flight, error: unknown): void {
    if (!flight.abandoned) {
      const protocol = flight.phase === "getSnapshot" && error instanceof ProtocolError;
      this.reporter.failure(protocol ? "protocol" : flight.phase, error);
    }
    this.extra = this.extra && flight.abandoned;
    this.land(flight, { error });
  }

  private land(flight: Flight, failure?: { error: unknown }): void {
    if (flight.abandoned) {
      // By the error hook just now, or long ago.
      this.reporter.step("sync: result discarded, stopped");
      return;
    }
    this.flight = undefined;
    if (failure) flight.outcome.reject(failure.error);
    else flight.outcome.resolve();
    if (this.following) this.beginIfBehind();
  }
}
