import { describe, expect, it } from "vitest";
import type { Provider, ProviderKey } from "../../../src/api/providers.ts";
import { conditionOf, entriesOf, stepsOf } from "../../../src/features/providers/entries.ts";
import { readProvider } from "../../../src/features/providers/new_provider.ts";

const KEY: ProviderKey = { secret: "provider.gpt", needed: true, found: null, refused: false };

function conditionWith(provider: Partial<Provider>): { kind: string; steps: readonly string[] } {
  const whole: Provider = { id: "gpt", name: "GPT", version: "1", status: "active", ...provider };
  const known = { programs: [], installs: new Map(), usage: [], defaultId: undefined };
  const [entry] = entriesOf({ ...known, providers: [whole] });
  if (!entry) throw new Error("there is no entry");
  const condition = conditionOf(entry, 0, 0);
  return { kind: condition.kind, steps: stepsOf(entry, condition) };
}

describe("a provider that is let in by a key", () => {
  it("asks for the key that it needs", () => {
    const found = conditionWith({ status: "unavailable", key: KEY });
    expect(found).toEqual({ kind: "keyMissing", steps: ["setKey"] });
  });

  it("asks for another where its key was refused, also while it is left alone", () => {
    const key: ProviderKey = { ...KEY, found: "store", refused: true };
    const refused = { kind: "keyRefused", steps: ["setKey"] };
    expect(conditionWith({ key })).toEqual(refused);
    expect(conditionWith({ key, circuit: { state: "open", retryAfter: 60 } })).toEqual(refused);
  });

  it("is ready with one, and without one that it does not need", () => {
    const ready = { kind: "ready", steps: ["start"] };
    expect(conditionWith({ key: { ...KEY, found: "environment" } })).toEqual(ready);
    expect(conditionWith({ key: { ...KEY, needed: false } })).toEqual(ready);
  });

  it("says why where a key would not help", () => {
    const key: ProviderKey = { ...KEY, found: "store" };
    expect(conditionWith({ status: "unavailable", reason: "no package", key }).kind).toBe("unavailable");
  });
});

describe("a model that a person describes", () => {
  const typed = { vendor: "openai", model: " gpt-5.4 ", baseUrl: "", name: " ", key: " sk-1 " };

  it("is what was typed, without what was left empty", () => {
    expect(readProvider(typed)).toEqual({ vendor: "openai", model: "gpt-5.4", key: "sk-1" });
    const own = { ...typed, vendor: "compatible", baseUrl: "http://127.0.0.1:1/v1", name: "Mine", key: "" };
    expect(readProvider(own)).toEqual({
      vendor: "compatible",
      model: "gpt-5.4",
      name: "Mine",
      baseUrl: "http://127.0.0.1:1/v1",
    });
  });

  it("leaves an address out that was typed for another vendor", () => {
    expect(readProvider({ ...typed, baseUrl: "https://elsewhere.example" })).not.toHaveProperty("baseUrl");
  });

  it.each([
    [{ model: "" }, "model"],
    [{ key: "" }, "key"],
    [{ vendor: "compatible", baseUrl: "" }, "baseUrl"],
    [{ vendor: "compatible", baseUrl: "api.example.com" }, "baseUrl"],
    [{ vendor: "compatible", baseUrl: "file:///etc/passwd" }, "baseUrl"],
    [{ vendor: "compatible", baseUrl: "https://me:word@api.example.com/v1" }, "baseUrl"],
  ])("is told the field that is wrong: %o", (change, field) => {
    expect(readProvider({ ...typed, ...change })).toBe(field);
  });
});
