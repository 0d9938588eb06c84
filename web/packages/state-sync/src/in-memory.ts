import { type InvalidationEvent, parseTopic, type SnapshotEnvelope, type Topic } from "./messages";
import type { InvalidationSubscriber, SnapshotProvider, Unsubscribe } from "./ports";
import { parseRevision, type Revision, ZERO_REVISION } from "./revision";

/** A source of truth and a wire that loses, repeats and reorders on demand: for tests and to simulate several windows. */
export interface InMemoryHub<T> {
  /** The events held on the wire, in order. */
  readonly inFlight: readonly unknown[];
  /** How many handlers are subscribed. */
  readonly subscriptions: number;
  /** A topic's current revision, `"0"` before its first `bump`. */
  revision(topic: Topic): Revision;
  /** Change a topic quietly; returns its new revision. */
  bump(topic: Topic, data: T): Revision;
  /** Emit the invalidation of a topic's current revision. */
  announce(topic: Topic, sourceId?: string): void;
  /** Change a topic and announce it. */
  publish(topic: Topic, data: T, sourceId?: string): Revision;
  /** Put any payload on the wire, malformed ones included. */
  emit(payload: unknown): void;
  /** Keep events in flight until `release()`. */
  hold(): void;
  /** Deliver what is in flight, in its present order, and let events through again. */
  release(): void;
  /** Lose one event in flight. */
  drop(index?: number): void;
  /** Repeat one event in flight, behind itself. */
  duplicate(index?: number): void;
  /** Rearrange the events in flight; `order` is a permutation of their indexes. */
  reorder(order: readonly number[]): void;
  /** The event side: every event of every topic. */
  subscriber(): InvalidationSubscriber;
  /** The snapshot side of one topic; rejects before its first `bump`. */
  provider(topic: Topic): SnapshotProvider<T>;
}

/** Make an in-memory hub. Events are delivered at once, in the caller's stack, unless the wire is held. */
export function createInMemoryHub<T>(): InMemoryHub<T> {
  return new Hub<T>();
}

type Handler = (event: InvalidationEvent) => void;

class Hub<T> implements InMemoryHub<T> {
  inFlight: unknown[] = [];
  private held = false;
  private readonly topics = new Map<Topic, SnapshotEnvelope<T>>();
  private readonly handlers = new Set<{ handler: Handler }>();

  get subscriptions(): number {
    return this.handlers.size;
  }

  revision(topic: Topic): Revision {
    return this.topics.get(topic)?.revision ?? ZERO_REVISION;
  }

  bump(topic: Topic, data: T): Revision {
    const revision = parseRevision((BigInt(this.revision(topic)) + 1n).toString());
    this.topics.set(parseTopic(topic), { revision, data });
    return revision;
  }

  announce(topic: Topic, sourceId?: string): void {
    const event: InvalidationEvent = { topic, revision: this.revision(topic) };
    this.emit(sourceId === undefined ? event : { ...event, sourceId });
  }

  publish(topic: Topic, data: T, sourceId?: string): Revision {
    const revision = this.bump(topic, data);
    this.announce(topic, sourceId);
    return revision;
  }

  emit(payload: unknown): void {
    if (this.held) {
      this.inFlight.push(payload);
      return;
    }
    for (const { handler } of [...this.handlers]) handler(payload as InvalidationEvent);
  }

  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    const delivered = this.inFlight;
    this.inFlight = [];
    for (const payload of delivered) this.emit(payload);
  }

  drop(index = 0): void {
    this.inFlight.splice(index, 1);
  }

  duplicate(index = 0): void {
    this.inFlight.splice(index, 0, this.inFlight[index]);
  }

  reorder(order: readonly number[]): void {
    const wanted = [...order].sort((a, b) => a - b);
    if (wanted.length !== this.inFlight.length || wanted.some((value, index) => value !== index)) {
      throw new RangeError(
        `order [${order}] is no permutation of the ${this.inFlight.length} events in flight`,
      );
    }
    this.inFlight = order.map((index) => this.inFlight[index]);
  }

  subscriber(): InvalidationSubscriber {
    return { subscribe: async (handler) => this.add(handler) };
  }

  provider(topic: Topic): SnapshotProvider<T> {
    return { getSnapshot: async () => this.snapshot(topic) };
  }

  private add(handler: Handler): Unsubscribe {
    const entry = { handler };
    this.handlers.add(entry);
    return () => void this.handlers.delete(entry);
  }

  private snapshot(topic: Topic): SnapshotEnvelope<T> {
    const snapshot = this.topics.get(topic);
    if (!snapshot) throw new Error(`topic ${JSON.stringify(topic)} has no data yet: bump() it first`);
    return snapshot;
  }
}
