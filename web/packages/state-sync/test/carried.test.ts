import { describe, expect, it } from "vitest";
import { createCarriedSnapshots, parseRevision, type SnapshotProvider } from "../src/index";

const event = (revision: string, carried?: string, topic = "notes") => ({
  topic,
  revision,
  ...(carried !== undefined && { snapshot: { revision: carried, data: carried } }),
});

/** A source that is always at revision 9. */
function source(): SnapshotProvider<string> & { asked: number } {
  return {
    asked: 0,
    async getSnapshot() {
      this.asked += 1;
      return { revision: parseRevision("9"), data: "asked" };
    },
  };
}

describe("snapshots that come with their events", () => {
  it.each<{ events: unknown[]; given: string }>([
    { events: [event("2", "2")], given: "2" },
    { events: [event("2", "3")], given: "3" },
    { events: [event("3", "2")], given: "asked" },
    { events: [event("10", "10"), event("9", "9")], given: "10" },
    { events: [event("2", "2"), event("2")], given: "2" },
    { events: [event("2", "2"), event("3")], given: "asked" },
    { events: [event("2", "4"), event("3")], given: "4" },
    { events: [event("2", "2"), event("4", "3")], given: "asked" },
    { events: [event("2", "2", "other")], given: "asked" },
    { events: [{ ...event("2"), snapshot: null }], given: "asked" },
    { events: [{ ...event("2"), snapshot: { revision: "2" } }], given: "asked" },
    { events: [{ ...event("2"), snapshot: { revision: "02", data: 1 } }], given: "asked" },
    { events: [event("2", "2"), { topic: "notes" }, null, "text"], given: "2" },
  ])("are kept until an event is newer: $events", async ({ events, given }) => {
    const carried = createCarriedSnapshots();
    for (const one of events) carried.note(one);
    expect((await carried.before("notes", source()).getSnapshot()).data).toBe(given);
  });

  it("are given once to every provider, and all else is asked for", async () => {
    const carried = createCarriedSnapshots();
    const asked = source();
    const one = carried.before("notes", asked);
    const two = carried.before("notes", asked);
    carried.note(event("10", "10"));
    const given = [await one.getSnapshot(), await two.getSnapshot(), await one.getSnapshot()];
    carried.note(event("11", "11"));
    given.push(await one.getSnapshot());
    expect(given.map(({ data }) => data)).toEqual(["10", "10", "asked", "11"]);
    expect(asked.asked).toBe(1);
  });

  it("are asked for when they are forgotten", async () => {
    const carried = createCarriedSnapshots();
    for (const topic of ["notes", "other", "third"]) carried.note(event("10", "10", topic));
    const given = async (topic: string) => (await carried.before(topic, source()).getSnapshot()).data;
    carried.forget("notes");
    expect([await given("notes"), await given("other")]).toEqual(["asked", "10"]);
    carried.forget();
    expect(await given("third")).toBe("asked");
  });
});
