import { createCarriedSnapshots, type InvalidationEvent, type Topic } from "@atrium/state-sync";
import { fields } from "./frames";

/** One subscription to topics. */
export type Watch = {
  readonly topics: readonly Topic[];
  readonly handler: (event: InvalidationEvent) => void;
  /** Whether it has ever stood: a later one may have missed something. */
  stood: boolean;
  /** Called once: it stands, or it cannot be had. */
  settled: (error?: unknown) => void;
};

/** The subscriptions to topics of one connection, over any number of links. */
export class Watches {
  readonly all = new Set<Watch>();
  /** What came with the events of these topics. */
  readonly carried = createCarriedSnapshots();

  /** Hand an event on: to its topic's handlers; one that is malformed to everybody, who will report it. */
  deliver(payload: unknown): void {
    this.carried.note(payload);
    const { topic } = fields(payload);
    const named = typeof topic === "string" && topic.trim() !== "";
    for (const watch of [...this.all]) {
      if (!named || watch.topics.includes(topic)) watch.handler(payload as InvalidationEvent);
    }
  }

  /** Take the answer to a subscription: after a reconnection, the revisions it names make good what was missed. */
  stand(watch: Watch, answer: unknown): void {
    const revisions = fields(fields(answer).topics);
    // What came until now may be of a subscription before, and older than what nobody told us since.
    for (const topic of watch.topics) this.carried.forget(topic);
    if (watch.stood) {
      for (const topic of watch.topics) {
        const revision = revisions[topic];
        if (typeof revision === "string") watch.handler({ topic, revision } as InvalidationEvent);
      }
    }
    watch.stood = true;
    watch.settled();
  }

  /** Forget a subscription; returns the topics that nobody wants any more. */
  remove(watch: Watch): Topic[] {
    if (!this.all.delete(watch)) return [];
    const wanted = new Set([...this.all].flatMap(({ topics }) => topics));
    const unwanted = watch.topics.filter((topic) => !wanted.has(topic));
    for (const topic of unwanted) this.carried.forget(topic);
    return unwanted;
  }
}
