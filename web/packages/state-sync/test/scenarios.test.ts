import { describe, expect, it } from "vitest";
import scenarios from "../../../../contracts/sync/scenarios.json";
import {
  compareRevisions,
  isRevision,
  parseRevision,
  type RetryPolicy,
  type Revision,
  withRetry,
} from "../src/index";
import { createInMemoryTransport, loadScenarios, runScenario, type ScenarioFile } from "../src/testing";

type Vectors = {
  revisions: { valid: unknown[]; invalid: unknown[] };
  comparisons: [Revision, Revision, number][];
  retry: { policy: RetryPolicy; random: number[]; delaysMs: number[] }[];
};

// The file is JSON and its types are ours to state: a literal type of 800 lines says less.
const contract = scenarios as unknown as ScenarioFile & { vectors: Vectors };

describe("the contract, in memory", () => {
  for (const scenario of loadScenarios(contract)) {
    it(`${scenario.id}: ${scenario.title}`, async () => {
      await runScenario(scenario, createInMemoryTransport());
    });
  }

  it("names the step of a broken expectation", async () => {
    const steps = [{ do: "bump" }, { do: "start" }, { expect: { fetches: 2 } }];
    const scenario = { id: "wrong", title: "", windows: { A: {} }, steps };
    const running = runScenario(scenario, createInMemoryTransport());
    await expect(running).rejects.toThrow(/wrong, step 3 .*fetches is 1, expected 2/);
  });
});

describe("the vectors", () => {
  it.each(contract.vectors.revisions.valid)("accepts %j", (value) => {
    expect(isRevision(value)).toBe(true);
    expect(parseRevision(value)).toBe(value);
  });

  it.each(contract.vectors.revisions.invalid.map((value) => [value]))("declines %j", (value) => {
    expect(isRevision(value)).toBe(false);
    expect(() => parseRevision(value)).toThrow(/not a canonical decimal u64 string/);
  });

  it.each(contract.vectors.comparisons)("compares %s with %s", (a, b, order) => {
    expect(compareRevisions(a, b)).toBe(order);
  });

  it.each(contract.vectors.retry)("retries by $policy after $delaysMs ms", async (vector) => {
    const randoms = [...vector.random];
    const delays: number[] = [];
    let attempts = 0;
    const provider = {
      getSnapshot: async () => {
        attempts += 1;
        throw new Error("no network");
      },
    };
    const environment = {
      random: () => randoms.shift() ?? Number.NaN,
      sleep: async (ms: number) => void delays.push(ms),
    };
    await expect(withRetry(provider, vector.policy, environment).getSnapshot()).rejects.toThrow("no network");
    expect(delays).toEqual(vector.delaysMs);
    expect(attempts).toBe(vector.delaysMs.length + 1);
  });
});
