/**
 * Run `contracts/sync/scenarios.json` against any sync transport: the file says what its steps mean.
 *
 * @module
 */

import { createInMemoryHub } from "./in-memory";
import type { InvalidationSubscriber, SnapshotProvider } from "./ports";
import type { Revision } from "./revision";
import { type Json, resolveNames, type ScenarioStep, type WindowOptions } from "./testing/language";
import { Activity, Source, Window } from "./testing/window";

export type { Json } from "./testing/language";

/** A source of truth and the wire to it: what a transport shows of itself to be tested. */
export interface SyncTransport {
  /** Change the source's topic without announcing it. */
  bump(topic: string, data: Json): Promise<Revision>;
  /** Send any payload to every subscriber as if it were an event, malformed ones included. */
  emit(payload: Json): Promise<void>;
  /** The event side as one window sees it. */
  subscriber(): InvalidationSubscriber;
  /** The snapshot side of a topic as one window sees it. */
  provider(topic: string): SnapshotProvider<Json>;
  /** Resolve when everything emitted so far has reached its subscribers. */
  settle(): Promise<void>;
  /** Release what the transport holds. */
  close(): Promise<void>;
  /**
   * Restart the source, its clock moved by so many milliseconds; resolve when all subscribers hear it again. Absent where
   * nothing can restart.
   */
  restart?(clockMs: number): Promise<void>;
}

/** One scenario, its `forEach` already resolved. */
export type Scenario = {
  id: string;
  title: string;
  windows: Record<string, WindowOptions>;
  steps: readonly ScenarioStep[];
};

/** A scenario as it stands in the file. */
export type ScenarioSource = {
  id: string;
  title: string;
  windows?: Record<string, WindowOptions>;
  forEach?: Record<string, readonly Json[]>;
  steps: readonly ScenarioStep[];
};

/** The scenario file, as far as it concerns scenarios. */
export type ScenarioFile = { scenarios: readonly ScenarioSource[] };

/** Read the scenarios of a file, one for each `forEach` value. */
export function loadScenarios(file: ScenarioFile): Scenario[] {
  return file.scenarios.flatMap(expand);
}

/** Carry a scenario out and close the transport; rejects with an error that names the step that fails. */
export async function runScenario(scenario: Scenario, transport: SyncTransport): Promise<void> {
  const stage = new Stage(scenario, transport);
  try {
    for (const [index, step] of scenario.steps.entries()) {
      await stage.carryOut(step).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const place = `${scenario.id}, step ${index + 1} ${JSON.stringify(step)}`;
        throw new Error(`${place}: ${reason}`, { cause });
      });
    }
  } finally {
    await stage.close();
  }
}

/** The in-memory hub, ready to be tested. */
export function createInMemoryTransport(): SyncTransport {
  const hub = createInMemoryHub<Json>();
  return {
    bump: async (topic, data) => hub.bump(topic, data),
    emit: async (payload) => hub.emit(payload),
    subscriber: () => hub.subscriber(),
    provider: (topic) => hub.provider(topic),
    settle: async () => undefined,
    close: async () => undefined,
  };
}

class Stage {
  private readonly activity = new Activity();
  private readonly source: Source;
  private readonly windows = new Map<string, Window>();

  constructor(
    scenario: Scenario,
    private readonly transport: SyncTransport,
  ) {
    this.source = new Source(transport);
    for (const [name, options] of Object.entries(scenario.windows)) {
      this.windows.set(name, new Window(this.source, options, this.activity));
    }
  }

  async carryOut(step: ScenarioStep): Promise<void> {
    const window = this.window(step.window ?? "A");
    if (step.expect) {
      window.compare(this.source.resolve(step.expect));
      return;
    }
    for (let count = step.times ?? 1; count > 0; count -= 1) await this.perform(window, step);
    if (step.do === "start" || step.do === "refresh" || step.do === "finish") {
      if (step.then !== "pending") await window.conclude(step.then ?? "resolves");
    }
    await this.rest();
    for (const each of this.windows.values()) each.verify();
  }

  async close(): Promise<void> {
    for (const window of this.windows.values()) await window.close();
    await this.rest();
    await this.transport.close();
  }

  private window(name: string): Window {
    const window = this.windows.get(name);
    if (!window) throw new Error(`no window is called ${name}`);
    return window;
  }

  private async perform(window: Window, step: ScenarioStep): Promise<void> {
    const topic = String(this.source.resolve(step.topic ?? "$topic"));
    if (step.do === "bump" || step.do === "publish") await this.source.bump(topic, step);
    if (step.do === "emit" || step.do === "publish") await this.transport.emit(this.payload(step, topic));
    if (step.do === "restart") await this.transport.restart?.(step.clockMs ?? 0);
    window.perform(step);
  }

  private payload(step: ScenarioStep, topic: string): Json {
    if (step.payload !== undefined) return this.source.resolve(step.payload);
    const revision = step.revision ? this.source.resolve(step.revision) : this.source.newest(topic);
    const source = step.sourceId === undefined ? {} : { sourceId: step.sourceId };
    const carried =
      step.snapshot === undefined ? {} : { snapshot: this.source.carried(topic, step.snapshot) };
    return { topic, revision, ...source, ...carried, ...step.extra };
  }

  /** Wait until nothing is under way but what is held. */
  private async rest(): Promise<void> {
    for (;;) {
      const before = this.activity.changes;
      await this.transport.settle();
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.activity.underWay === 0 && this.activity.changes === before) return;
    }
  }
}

function expand(raw: ScenarioSource): Scenario[] {
  const { id, title, windows = { A: {} }, steps } = raw;
  const [each] = Object.entries(raw.forEach ?? {});
  if (!each) return [{ id, title, windows, steps }];
  const [name, values] = each;
  return values.map((value, index) => ({
    id: `${id}[${index}]`,
    title,
    windows,
    steps: steps.map((step) => resolveNames(step, new Map([[name, value]])) as ScenarioStep),
  }));
}
