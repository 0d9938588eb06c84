import { beforeEach, describe, expect, it, vi } from "vitest";
import { preferredProvider } from "../../src/api/providers.ts";
import type { Command, Feature } from "../../src/state/feature.ts";
import { Features } from "../../src/state/features.ts";
import { Notices } from "../../src/state/notices.ts";
import { matchPath } from "../../src/state/paths.ts";
import { Shortcuts } from "../../src/state/shortcuts.ts";

function feature(name: string, parts: Partial<Feature> = {}): Feature {
  return { name, routes: [{ paths: [`/${name}`], room: () => document.createElement("p") }], ...parts };
}

describe("features", () => {
  let features: Features;

  beforeEach(() => {
    features = new Features();
  });

  it("answer their paths once they are loaded", async () => {
    features.declare({ name: "notes", paths: ["/notes"], load: async () => feature("notes") });
    expect(features.match("/notes")).toBeUndefined();
    expect(features.ownerOf("/notes")?.name).toBe("notes");
    await features.load("notes");
    expect(features.match("/notes")?.feature.name).toBe("notes");
  });

  it("are loaded once", async () => {
    const load = vi.fn(async () => feature("notes"));
    features.declare({ name: "notes", load });
    await Promise.all([features.load("notes"), features.load("notes")]);
    await features.load("notes");
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("that fail are named, harm no other, and can be tried again", async () => {
    const load = vi.fn().mockRejectedValueOnce(new Error("broken")).mockResolvedValue(feature("bad"));
    features.declare({ name: "bad", load }, { name: "good", load: async () => feature("good") });
    await Promise.all([features.load("bad"), features.load("good")]);
    expect(features.failures.value.get("bad")?.error).toEqual(new Error("broken"));
    expect(features.match("/good")).toBeDefined();
    await features.load("bad");
    expect(features.failures.value.size).toBe(0);
    expect(features.match("/bad")).toBeDefined();
  });

  it("that fail to find something leave the others' finds", async () => {
    const find: Command = { id: "good.1", label: () => "One", run: () => undefined };
    const broken = (): never => {
      throw new Error("broken");
    };
    features.declare(
      { name: "bad", load: async () => feature("bad", { finds: broken }) },
      { name: "good", load: async () => feature("good", { finds: () => [find] }) },
    );
    await Promise.all([features.load("bad"), features.load("good")]);
    expect(features.finds().map(({ id }) => id)).toEqual([find.id]);
    expect([...features.failures.value.keys()]).toEqual(["bad"]);
  });

  it("are known under one name once", () => {
    features.declare({ name: "notes", load: async () => feature("notes") });
    features.declare({ name: "notes", load: async () => feature("other") });
    expect(features.declared.value).toHaveLength(1);
  });
});

it.each([
  [["/notes/:id"], "/notes/a%20b", { id: "a b" }],
  [["/notes", "/notes/:id"], "/notes/", {}],
  [["/notes/:id"], "/notes", undefined],
  [["/notes/:id"], "/notes/%", { id: "%" }],
  [["/"], "/", {}],
])("the paths %j at %s", (patterns, path, params) => {
  expect(matchPath(patterns, path)).toEqual(params);
});

describe("shortcuts", () => {
  const ran: string[] = [];
  let now = 0;
  const command = (keys: string): Command => ({
    id: keys,
    label: () => keys,
    keys,
    run: () => void ran.push(keys),
  });
  const shortcuts = new Shortcuts(
    () => [command("n"), command("g s"), command("Mod+K"), { ...command("z"), isAvailable: () => false }],
    () => now,
  );
  const press = (key: string, options: KeyboardEventInit = {}, target: Element = document.body): void => {
    target.addEventListener("keydown", (event) => shortcuts.hear(event as KeyboardEvent), { once: true });
    target.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...options }));
  };

  beforeEach(() => {
    ran.length = 0;
  });

  it("run the command of a key, of a combination, and of two keys in a row", () => {
    press("n");
    press("k", { ctrlKey: true });
    press("g");
    press("s");
    expect(ran).toEqual(["n", "Mod+K", "g s"]);
  });

  it("forget the first of two keys after a while", () => {
    press("g");
    now += 2_000;
    press("s");
    expect(ran).toEqual([]);
  });

  it("leave single keys to whoever types, but not combinations", () => {
    const field = document.createElement("input");
    press("n", {}, field);
    press("k", { metaKey: true }, field);
    expect(ran).toEqual(["Mod+K"]);
  });

  it("are deaf to a command that is not available", () => {
    press("z");
    expect(ran).toEqual([]);
  });
});

describe("notices", () => {
  it("stack, the oldest making room, and go by themselves unless they tell of a problem", () => {
    vi.useFakeTimers();
    const notices = new Notices();
    for (const text of ["one", "two", "three"]) notices.say(text);
    notices.fail("It failed.", new Error("no"));
    expect(notices.all.value.map(({ text }) => text)).toEqual(["two", "three", "It failed. No."]);
    vi.runAllTimers();
    expect(notices.all.value.map(({ text }) => text)).toEqual(["It failed. No."]);
    vi.useRealTimers();
  });

  it("stay while a person is at them", () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.say("one");
    const id = notices.all.value[0]?.id ?? 0;
    notices.hold(id);
    vi.runAllTimers();
    expect(notices.all.value).toHaveLength(1);
    notices.release(id);
    vi.runAllTimers();
    expect(notices.all.value).toHaveLength(0);
    vi.useRealTimers();
  });
});

it.each([
  ["two", "two"],
  ["off", "one"],
  [undefined, "one"],
])("a hub whose default is %s prefers %s", (wanted, preferred) => {
  const provider = (id: string, status: "active" | "unavailable") => ({ id, name: id, version: "1", status });
  const data = [provider("off", "unavailable"), provider("one", "active"), provider("two", "active")];
  expect(preferredProvider({ data, ...(wanted && { default: wanted }) })?.id).toBe(preferred);
});
