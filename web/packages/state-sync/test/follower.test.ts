import { describe, expect, it } from "vitest";
import { createStreamFollower, type StreamEntry, type StreamGap, type SyncErrorContext } from "../src/index";

type Entry = StreamEntry & { data: string };

const durable = (offset: number | string, prev: number | string): Entry => ({
  type: "sessions.message.added.v1",
  offset: String(offset) as Entry["offset"],
  prev: String(prev) as Entry["prev"],
  data: `e${offset}`,
});
const delta = (offset: number, prev: number): Entry => ({
  ...durable(offset, prev),
  type: "sessions.message.delta.v1",
});

function follow(cursor?: string) {
  const entries: string[] = [];
  const hints: string[] = [];
  const gaps: StreamGap[] = [];
  const errors: SyncErrorContext[] = [];
  const follower = createStreamFollower<Entry>({
    ...(cursor === undefined ? {} : { cursor }),
    onEntry: (entry) => entries.push(entry.offset),
    onHint: (entry) => hints.push(entry.offset),
    onGap: (gap) => gaps.push(gap),
    onError: (context) => errors.push(context),
  });
  return { follower, entries, hints, gaps, errors };
}

describe("a stream follower", () => {
  it("delivers a chain from the beginning and moves its cursor", () => {
    const { follower, entries, gaps } = follow();
    expect(follower.cursor).toBe("0");
    expect([durable(5, 0), durable(9, 5), durable(10, 9)].map((entry) => follower.accept(entry))).toEqual([
      "delivered",
      "delivered",
      "delivered",
    ]);
    expect(entries).toEqual(["5", "9", "10"]);
    expect(follower.cursor).toBe("10");
    expect(gaps).toEqual([]);
  });

  it("drops what it has had, in whatever order it is repeated", () => {
    const { follower, entries } = follow();
    for (const entry of [durable(1, 0), durable(2, 1), durable(3, 2)]) follower.accept(entry);
    expect(follower.accept(durable(3, 2))).toBe("stale");
    expect(follower.accept(durable(1, 0))).toBe("stale");
    expect(entries).toEqual(["1", "2", "3"]);
  });

  it("calls back once when an entry is missing, and goes on after a resume without a duplicate", () => {
    const { follower, entries, gaps } = follow();
    follower.accept(durable(1, 0));
    expect(follower.accept(durable(4, 3))).toBe("gap");
    expect(follower.accept(durable(5, 4))).toBe("gap");
    expect(gaps).toEqual([{ reason: "missed", cursor: "1", offset: "4", prev: "3" }]);
    expect(follower.resume()).toBe("1");
    for (const entry of [durable(3, 1), durable(4, 3), durable(4, 3), durable(5, 4)]) follower.accept(entry);
    expect(entries).toEqual(["1", "3", "4", "5"]);
    expect(gaps).toHaveLength(1);
  });

  it("calls back again when the resumed stream has a gap as well", () => {
    const { follower, gaps } = follow();
    follower.accept(durable(2, 1));
    follower.resume();
    follower.accept(durable(2, 1));
    expect(gaps).toHaveLength(2);
  });

  it("delivers deltas between the durable entries they follow, without moving the cursor", () => {
    const { follower, entries, hints, gaps } = follow();
    for (const entry of [durable(1, 0), delta(2, 1), delta(3, 1), durable(4, 1), delta(5, 4)])
      follower.accept(entry);
    expect(entries).toEqual(["1", "4"]);
    expect(hints).toEqual(["2", "3", "5"]);
    expect(follower.cursor).toBe("4");
    expect(gaps).toEqual([]);
  });

  it("does not miss deltas that never came, nor repeat those that come again", () => {
    const { follower, hints, gaps } = follow();
    for (const entry of [durable(1, 0), delta(3, 1), delta(2, 1), delta(3, 1), delta(9, 1)])
      follower.accept(entry);
    expect(hints).toEqual(["3", "9"]);
    expect(gaps).toEqual([]);
  });

  it("drops a delta that comes after the durable entry that outdates it", () => {
    const { follower, hints } = follow();
    for (const entry of [durable(1, 0), durable(4, 1), delta(5, 1)]) follower.accept(entry);
    expect(hints).toEqual([]);
  });

  it("sees a gap in a delta that follows an entry it has not had", () => {
    const { follower, gaps, hints } = follow();
    follower.accept(durable(1, 0));
    expect(follower.accept(delta(5, 4))).toBe("gap");
    expect(hints).toEqual([]);
    expect(gaps).toEqual([{ reason: "missed", cursor: "1", offset: "5", prev: "4" }]);
  });

  it("still takes a durable entry whose offset lies before a delta it has seen", () => {
    const { follower, entries } = follow();
    for (const entry of [durable(1, 0), delta(7, 1), durable(5, 1)]) follower.accept(entry);
    expect(entries).toEqual(["1", "5"]);
  });

  it("goes on from a kept cursor", () => {
    const { follower, entries, gaps } = follow("40");
    expect(follower.accept(durable(39, 38))).toBe("stale");
    expect(follower.accept(durable(41, 40))).toBe("delivered");
    expect(entries).toEqual(["41"]);
    expect(gaps).toEqual([]);
  });

  it("goes on from a kept cursor that lies inside deltas", () => {
    const { follower, entries, gaps } = follow("40");
    expect(follower.accept(delta(41, 37))).toBe("delivered");
    expect(follower.accept(durable(42, 37))).toBe("delivered");
    expect(follower.accept(durable(43, 37))).toBe("gap");
    expect(entries).toEqual(["42"]);
    expect(gaps.map((gap) => gap.reason)).toEqual(["rewound"]);
  });

  it("tells a source that knows less than we have seen, and starts again after a reset", () => {
    const { follower, entries, gaps } = follow();
    for (const entry of [durable(1, 0), durable(2, 1), durable(3, 2)]) follower.accept(entry);
    expect(follower.accept(durable(100, 1))).toBe("gap");
    expect(gaps[0]?.reason).toBe("rewound");
    follower.reset("0");
    expect(follower.cursor).toBe("0");
    for (const entry of [durable(1, 0), durable(100, 1)]) follower.accept(entry);
    expect(entries).toEqual(["1", "2", "3", "1", "100"]);
  });

  it("compares offsets by length, then by text", () => {
    const { follower, entries } = follow("9");
    follower.accept(durable("10", "9"));
    follower.accept(durable("9007199254740993", "10"));
    follower.accept(durable("18446744073709551615", "9007199254740993"));
    expect(follower.accept(durable("9", "0"))).toBe("stale");
    expect(entries).toEqual(["10", "9007199254740993", "18446744073709551615"]);
  });

  it.each([
    null,
    7,
    "text",
    {},
    { type: "a.v1", offset: "01", prev: "0" },
    { type: "a.v1", offset: "1" },
    { type: "a.v1", offset: 1, prev: 0 },
    { offset: "1", prev: "0" },
  ])("reports and ignores %j", (bad) => {
    const { follower, entries, errors } = follow();
    expect(follower.accept(bad)).toBe("invalid");
    expect(errors.map(({ phase, sourceEvent }) => [phase, sourceEvent])).toEqual([["protocol", bad]]);
    expect(follower.accept(durable(1, 0))).toBe("delivered");
    expect(entries).toEqual(["1"]);
  });

  it("does not count an entry whose handler throws", () => {
    let failing = true;
    const entries: string[] = [];
    const follower = createStreamFollower({
      onEntry: (entry) => {
        if (failing) throw new Error("no room");
        entries.push(entry.offset);
      },
      onGap: () => undefined,
    });
    expect(() => follower.accept(durable(1, 0))).toThrow("no room");
    expect(follower.cursor).toBe("0");
    failing = false;
    expect(follower.accept(durable(1, 0))).toBe("delivered");
    expect(entries).toEqual(["1"]);
  });

  it("lets the application say what a delta is", () => {
    const entries: string[] = [];
    const follower = createStreamFollower<Entry>({
      onEntry: (entry) => entries.push(entry.offset),
      onGap: () => undefined,
      isHint: (entry) => entry.data === "e2",
    });
    for (const entry of [durable(1, 0), durable(2, 1), durable(3, 1)]) follower.accept(entry);
    expect(entries).toEqual(["1", "3"]);
  });

  it("declines a cursor that is no offset", () => {
    expect(() => follow("01")).toThrow(/canonical/);
    expect(() => follow().follower.reset("-1")).toThrow(/canonical/);
  });
});

/** A small deterministic generator (a Weyl sequence, scrambled): the same seeds, the same storms. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    const scrambled = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((scrambled ^ (scrambled >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A stream of 200 entries, half of them deltas. */
function write(random: () => number): Entry[] {
  const history: Entry[] = [];
  let head = 0;
  for (let offset = 1; offset <= 200; offset += 1) {
    const isDelta = random() < 0.5;
    history.push(isDelta ? delta(offset, head) : durable(offset, head));
    if (!isDelta) head = offset;
  }
  return history;
}

/** Lose, repeat and move some entries. */
function disturb(wire: Entry[], random: () => number): Entry[] {
  const disturbed: Entry[] = [];
  for (const entry of wire) {
    const luck = random();
    if (luck < 0.05) continue;
    disturbed.push(entry);
    if (luck < 0.15) disturbed.push(entry);
  }
  const moved = disturbed.splice(Math.floor(random() * disturbed.length), 1);
  return [...disturbed, ...moved];
}

describe("a stream follower under any disorder", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    "has every entry once, in order (%i)",
    (seed) => {
      const random = generator(seed);
      const history = write(random);
      const truth = history.filter((entry) => !entry.type.includes("delta")).map((entry) => entry.offset);
      const entries: string[] = [];
      let gaps = 0;
      const follower = createStreamFollower<Entry>({
        onEntry: (entry) => entries.push(entry.offset),
        onGap: () => {
          gaps += 1;
        },
      });
      // Each subscription brings what comes after the cursor; only the last one is undisturbed.
      const subscribe = (path: (wire: Entry[]) => Entry[]) => {
        const after = Number(follower.resume());
        for (const entry of path(history.filter((each) => Number(each.offset) > after)))
          follower.accept(entry);
      };
      for (let round = 0; round < 5; round += 1) subscribe((wire) => disturb(wire, random));
      expect(entries).toEqual(truth.slice(0, entries.length));
      subscribe((wire) => wire);
      expect(entries).toEqual(truth);
      expect(gaps).toBeGreaterThan(0);
    },
  );
});
