import { createRevisionSync } from "../engine";
import type { InvalidationEvent, SnapshotEnvelope } from "../messages";
import type { InvalidationSubscriber, RevisionSync, SnapshotProvider, Unsubscribe } from "../ports";
import { compareRevisions, parseRevision, type Revision, ZERO_REVISION } from "../revision";
import { type Json, resolveNames, type ScenarioStep, type Then, type WindowOptions } from "./language";

const TOPIC = "app-config";
const OTHER_TOPIC = "auth-state";

/** Counts what is under way and not held, so that rest can be told from motion. */
export class Activity {
  changes = 0;
  underWay = 0;

  enter(): void {
    this.underWay += 1;
    this.changes += 1;
  }

  leave(): void {
    this.underWay -= 1;
    this.changes += 1;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }
}

/** Where snapshots, applies or subscriptions are held and made to fail. */
class Gate {
  private failures = 0;
  private held = false;
  private waiting: (() => void)[] = [];

  constructor(private readonly activity: Activity) {}

  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const goOn of waiting) goOn();
  }

  failNext(): void {
    this.failures += 1;
  }

  takeFailure(): boolean {
    if (this.failures === 0) return false;
    this.failures -= 1;
    return true;
  }

  async passThrough(failing: boolean): Promise<void> {
    if (this.held) {
      this.activity.leave();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      this.activity.enter();
    }
    if (failing) throw new Error("asked for by the scenario");
  }
}

/** The part of a transport that makes changes. */
type Bump = { bump(topic: string, data: Json): Promise<Revision> };
type Sides = { subscriber(): InvalidationSubscriber; provider(topic: string): SnapshotProvider<Json> };

/** Remembers what the source had at each revision, and what the names in a scenario stand for. */
export class Source {
  private readonly names = new Map<string, Json>([
    ["$topic", TOPIC],
    ["$other", OTHER_TOPIC],
  ]);
  private readonly history = new Map<string, Map<Revision, Json>>([
    [TOPIC, new Map()],
    [OTHER_TOPIC, new Map()],
  ]);

  constructor(readonly transport: Bump & Sides) {}

  /** Change the source as the step says and remember what it has now. */
  async bump(topic: string, step: ScenarioStep): Promise<void> {
    const past = this.past(topic);
    const data = this.data(past, step);
    const newest = this.newest(topic);
    const revision = await this.transport.bump(topic, data);
    if (compareRevisions(revision, newest) <= 0) {
      throw new Error(`the source went from revision ${newest} to ${revision}`);
    }
    past.set(revision, data);
    if (topic === TOPIC) this.names.set(`$r${past.size}`, revision);
  }

  newest(topic: string): Revision {
    return [...this.past(topic).keys()].at(-1) ?? ZERO_REVISION;
  }

  past(topic: string): Map<Revision, Json> {
    const past = this.history.get(topic);
    if (!past) throw new Error(`no topic is called ${topic}`);
    return past;
  }

  resolve(value: Json): Json {
    return resolveNames(value, this.names);
  }

  /** The snapshot of a topic at a revision; what is no revision that it had, as it is. */
  carried(topic: string, value: Json): Json {
    const revision = this.resolve(value);
    const data = this.past(topic).get(revision as Revision);
    return data === undefined ? revision : ({ revision, data } as Json);
  }

  private data(past: ReadonlyMap<Revision, Json>, step: ScenarioStep): Json {
    if (step.as !== undefined) return past.get(parseRevision(this.resolve(step.as))) ?? null;
    const text = step.bytes === undefined ? {} : { text: "x".repeat(step.bytes) };
    return { n: past.size + 1, ...text };
  }
}

/** One local state: the engine under test between instruments that count, hold, fail and check. */
export class Window {
  private readonly topic: string;
  private readonly sync: RevisionSync;
  private readonly gates: Record<"snapshots" | "applies" | "subscriptions", Gate>;
  private readonly answers: ScenarioStep[] = [];
  private readonly applied: Revision[] = [];
  private readonly errors: string[] = [];
  private readonly violations: string[] = [];
  private readonly inner: SnapshotProvider<Json>;
  private calls: Promise<void>[] = [];
  private fetches = 0;
  private subscriptions = 0;
  private active = 0;
  private run = 0;
  private inFlight = 0;
  private applying = false;
  private stopped = false;

  constructor(
    private readonly source: Source,
    private readonly options: WindowOptions,
    private readonly activity: Activity,
  ) {
    this.topic = String(source.resolve(options.topic ?? "$topic"));
    this.inner = source.transport.provider(this.topic);
    this.gates = {
      snapshots: new Gate(activity),
      applies: new Gate(activity),
      subscriptions: new Gate(activity),
    };
    this.sync = createRevisionSync<Json>({
      topic: this.topic,
      subscriber: { subscribe: (handler) => activity.during(() => this.subscribe(handler)) },
      provider: { getSnapshot: () => this.getSnapshot() },
      applier: { apply: (snapshot) => this.apply(snapshot) },
      shouldRefresh: (event) => this.shouldRefresh(event),
      onError: ({ phase, topic }) => this.noteError(phase, topic),
    });
  }

  /** Do what a step asks of a window; steps that do not concern it do nothing. */
  perform(step: ScenarioStep): void {
    if (step.do === "start") this.begin(() => this.sync.start());
    else if (step.do === "refresh") this.calls.push(observed(this.sync.refresh()));
    else if (step.do === "stop") this.stop();
    else if (step.do === "answer") this.answers.push(step);
    else if (step.what) this.operate(this.gates[step.what], step.do);
  }

  /** Wait for the calls that are pending. */
  async conclude(then: Then): Promise<void> {
    const calls = this.calls;
    this.calls = [];
    for (const outcome of await Promise.allSettled(calls)) {
      const rejected = outcome.status === "rejected";
      const reason = rejected ? String(outcome.reason) : "success";
      if (rejected !== (then === "rejects")) throw new Error(`expected a call that ${then}, got ${reason}`);
    }
  }

  /** Compare what an `expect` names. */
  compare(expected: Json): void {
    const seen: Record<string, unknown> = {
      local: this.sync.getLocalRevision(),
      applied: this.applied,
      fetches: this.fetches,
      subscriptions: this.subscriptions,
      subscribed: this.active > 0,
      errors: this.errors,
    };
    for (const [key, value] of Object.entries(expected as Record<string, Json>)) {
      if (JSON.stringify(seen[key]) === JSON.stringify(value)) continue;
      throw new Error(`${key} is ${JSON.stringify(seen[key])}, expected ${JSON.stringify(value)}`);
    }
  }

  /** Check what must hold whenever the window is at rest. */
  verify(): void {
    const local = this.sync.getLocalRevision();
    this.check(local === this.newest(), `local ${local}, but applied ${this.newest()}`);
    if (this.violations.length > 0) throw new Error(this.violations.join("; "));
  }

  /** Let everything end. */
  async close(): Promise<void> {
    for (const gate of Object.values(this.gates)) gate.release();
    this.stop();
    await Promise.allSettled(this.calls);
  }

  private begin(start: () => Promise<void>): void {
    this.stopped = false;
    this.calls.push(observed(start()));
  }

  private stop(): void {
    this.stopped = true;
    this.run += 1;
    this.inFlight = 0;
    this.sync.stop();
  }

  private operate(gate: Gate, verb: string | undefined): void {
    if (verb === "hold") gate.hold();
    else if (verb === "release") gate.release();
    else gate.failNext();
  }

  private async subscribe(handler: (event: InvalidationEvent) => void): Promise<Unsubscribe> {
    this.subscriptions += 1;
    const gate = this.gates.subscriptions;
    if (gate.takeFailure()) await gate.passThrough(true);
    const giveBack = this.counted(await this.source.transport.subscriber().subscribe(handler));
    await gate.passThrough(false);
    return giveBack;
  }

  private async getSnapshot(): Promise<SnapshotEnvelope<Json>> {
    this.fetches += 1;
    this.inFlight += 1;
    this.check(this.inFlight === 1, "two snapshots in flight at once");
    const run = this.run;
    try {
      return await this.activity.during(async () => {
        const gate = this.gates.snapshots;
        const failing = gate.takeFailure();
        const answer = failing ? undefined : await this.answer();
        await gate.passThrough(failing);
        return answer as SnapshotEnvelope<Json>;
      });
    } finally {
      if (run === this.run) this.inFlight -= 1;
    }
  }

  private async answer(): Promise<unknown> {
    const step = this.answers.shift();
    if (!step) return this.inner.getSnapshot();
    if (step.raw !== undefined) return this.source.resolve(step.raw);
    const revision = parseRevision(this.source.resolve(step.revision ?? null));
    return { revision, data: this.source.past(this.topic).get(revision) };
  }

  private async apply(snapshot: SnapshotEnvelope<Json>): Promise<void> {
    const { revision } = snapshot;
    this.check(!this.stopped, "apply after stop");
    this.check(!this.applying, "two applies at once");
    this.check(compareRevisions(revision, this.newest()) > 0, "applied what is not newer");
    const expected = JSON.stringify(this.source.past(this.topic).get(revision) ?? snapshot.data);
    this.check(
      JSON.stringify(snapshot.data) === expected,
      `data at revision ${revision} is not ${expected.slice(0, 200)}`,
    );
    this.applying = true;
    try {
      const gate = this.gates.applies;
      await this.activity.during(() => gate.passThrough(gate.takeFailure()));
    } finally {
      this.applying = false;
    }
    this.applied.push(revision);
  }

  private shouldRefresh(event: InvalidationEvent): boolean {
    if (this.options.filterFails) throw new Error("asked for by the scenario");
    return event.sourceId === undefined || event.sourceId !== this.options.ignoreSourceId;
  }

  private noteError(phase: string, topic: string | undefined): void {
    this.errors.push(phase);
    this.check(topic === this.topic, `an error context of topic ${topic}`);
    if (this.options.hookFails) throw new Error("asked for by the scenario");
  }

  private counted(unsubscribe: Unsubscribe): Unsubscribe {
    let ended = false;
    this.active += 1;
    return () => {
      this.check(!ended, "a subscription ended twice");
      ended = true;
      this.active -= 1;
      unsubscribe();
    };
  }

  private newest(): Revision {
    return this.applied.at(-1) ?? ZERO_REVISION;
  }

  private check(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }
}

/** A rejection may come before anyone waits for it. */
function observed(call: Promise<void>): Promise<void> {
  call.catch(() => undefined);
  return call;
}
