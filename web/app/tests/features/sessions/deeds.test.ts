import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";
import { FakeHub, Page } from "./fake_hub.ts";
import { session } from "./session_fixture.ts";

let hub: FakeHub;
let page: Page;

function deletions(): string[] {
  return hub.asked.filter((asked) => asked.startsWith("DELETE"));
}

beforeEach(async () => {
  vi.useFakeTimers();
  history.replaceState(null, "", "/");
  hub = new FakeHub(
    session("garden", { metadata: { title: "Garden", tags: ["home"] } }),
    session("lease", { metadata: { title: "Lease", tags: ["home", "law"] } }),
    session("soup", { metadata: { title: "Soup" }, pinned: true }),
  );
  page = await new Page().open();
});

afterEach(() => {
  page.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a deletion", () => {
  it("is shown at once, and asked for only when its notice goes", async () => {
    page.deeds.remove([page.find("garden")]);
    expect(page.ids).toEqual(["soup", "lease"]);
    expect(page.said).toEqual(["“Garden” deleted"]);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(deletions()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(deletions()).toEqual(["DELETE /sessions/garden"]);
    expect(hub.sessions.has("garden")).toBe(false);
    expect(page.ids).toEqual(["soup", "lease"]);
  });

  it("is taken back by the step of its notice, as the toasts run it", async () => {
    page.deeds.remove([page.find("garden"), page.find("lease")]);
    const [notice] = page.notices.all.value;
    expect(notice?.text).toBe("2 sessions deleted");
    expect(page.deeds.deletions.canUndo).toBe(true);
    page.notices.dismiss(notice?.id ?? 0);
    notice?.step?.run();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(page.ids).toEqual(["soup", "lease", "garden"]);
    expect(deletions()).toEqual([]);
    expect(page.deeds.deletions.canUndo).toBe(false);
  });

  it("is taken back by its key, the last one first, with its notice", async () => {
    page.deeds.remove([page.find("garden")]);
    page.deeds.remove([page.find("lease")]);
    page.deeds.deletions.undoLast();
    expect(page.ids).toEqual(["soup", "lease"]);
    expect(page.said).toEqual(["“Garden” deleted"]);
    page.deeds.deletions.undoLast();
    page.deeds.deletions.undoLast();
    expect(page.ids).toEqual(["soup", "lease", "garden"]);
  });

  it("can be taken back as long as somebody is at the notice", async () => {
    page.deeds.remove([page.find("garden")]);
    page.notices.hold(page.notices.all.value[0]?.id ?? 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deletions()).toEqual([]);
    page.deeds.deletions.undoLast();
    expect(page.ids).toContain("garden");
  });

  it("leads away from the open session, and back when it is taken back", () => {
    page.router.go("/sessions/garden");
    page.deeds.remove([page.find("garden")]);
    expect(page.router.path.value).toBe("/");
    page.deeds.deletions.undoLast();
    expect(page.router.path.value).toBe("/sessions/garden");
  });

  it("that the hub refuses shows the sessions again and says so", async () => {
    page.deeds.remove([page.find("garden"), page.find("lease")]);
    hub.isAway = true;
    await vi.advanceTimersByTimeAsync(11_000);
    expect(page.ids).toEqual(["soup", "lease", "garden"]);
    expect(page.said.join()).toMatch(/^2 sessions were not deleted\. .*does not answer/);
  });

  it("of a session that somebody else deleted first is no failure", async () => {
    page.deeds.remove([page.find("garden")]);
    hub.sessions.delete("garden");
    await vi.advanceTimersByTimeAsync(11_000);
    expect(page.said).toEqual([]);
    expect(page.ids).toEqual(["soup", "lease"]);
  });

  it("is asked for as the page goes", async () => {
    page.deeds.remove([page.find("garden")]);
    window.dispatchEvent(new Event("pagehide"));
    expect(deletions()).toEqual(["DELETE /sessions/garden"]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(deletions()).toHaveLength(1);
  });

  it("that did not reach the hub then is asked for at the next visit", async () => {
    page.deeds.remove([page.find("garden"), page.find("lease")]);
    hub.isAway = true;
    window.dispatchEvent(new Event("pagehide"));
    await settle();
    page.close();
    hub.isAway = false;
    hub.store({ ...session("lease"), updatedAt: "2026-11-19T12:00:00.000Z" });
    page = await new Page(page.texts).open();
    expect([...hub.sessions.keys()].sort()).toEqual(["lease", "soup"]);
    page.close();
    hub.store(session("garden"));
    page = await new Page(page.texts).open();
    expect(hub.sessions.has("garden")).toBe(true);
  });

  it("survives nonsense in the browser's storage", async () => {
    page.close();
    const texts = new MemoryTexts();
    texts.set("deletions", '[{"id": 1}, null, {"id": "garden"}');
    page = await new Page(texts).open();
    expect(page.ids).toHaveLength(3);
  });

  it("forgets what was written to the session", async () => {
    page.texts.set("draft.garden", "half a thought");
    page.deeds.remove([page.find("garden")]);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(page.texts.get("draft.garden")).toBe("");
  });
});

describe("a title", () => {
  it("is shown ahead of the hub, and stored", async () => {
    const renamed = page.deeds.rename("garden", "Garden", "Garden in spring");
    expect(page.find("garden").metadata.title).toBe("Garden in spring");
    expect(await renamed).toBeUndefined();
    expect(hub.titleOf("garden")).toBe("Garden in spring");
    expect(page.find("garden").metadata.title).toBe("Garden in spring");
  });

  it("that was changed elsewhere is not overwritten but told", async () => {
    hub.say("garden", { title: "Allotment" });
    const conflict = await page.deeds.rename("garden", "Garden", "Garden in spring");
    expect(conflict).toEqual({ id: "garden", theirs: "Allotment", mine: "Garden in spring" });
    expect(hub.titleOf("garden")).toBe("Allotment");
    await page.deeds.rename("garden", "Allotment", "Garden in spring");
    expect(hub.titleOf("garden")).toBe("Garden in spring");
  });

  it("that is changed between reading and writing is not overwritten either", async () => {
    hub.beforeChange = () => {
      hub.beforeChange = undefined;
      hub.say("garden", { title: "Allotment" });
    };
    expect((await page.deeds.rename("garden", "Garden", "Mine"))?.theirs).toBe("Allotment");
    expect(hub.titleOf("garden")).toBe("Allotment");
  });

  it("is written when only something else was changed meanwhile", async () => {
    hub.beforeChange = () => {
      hub.beforeChange = undefined;
      hub.say("garden", { tags: ["spring"] });
    };
    expect(await page.deeds.rename("garden", "Garden", "Mine")).toBeUndefined();
    expect([hub.titleOf("garden"), hub.tagsOf("garden")]).toEqual(["Mine", ["spring"]]);
  });

  it("that both chose is no conflict", async () => {
    hub.say("garden", { title: "Mine" });
    expect(await page.deeds.rename("garden", "Garden", "Mine")).toBeUndefined();
    expect(hub.asked.filter((asked) => asked.startsWith("PATCH"))).toEqual([]);
  });

  it("goes back to what it was when the hub is away", async () => {
    hub.isAway = true;
    await page.deeds.rename("garden", "Garden", "Mine");
    expect(page.find("garden").metadata.title).toBe("Garden");
    expect(page.said.join()).toMatch(/^Not renamed\. .*does not answer/);
  });
});

describe("tags", () => {
  it("are added and removed whatever others do to them", async () => {
    hub.beforeChange = () => {
      hub.beforeChange = undefined;
      hub.say("garden", { tags: ["home", "hers"] });
    };
    await page.deeds.tag([page.find("garden"), page.find("lease")], ["mine"], ["home"]);
    expect(hub.tagsOf("garden")).toEqual(["hers", "mine"]);
    expect(hub.tagsOf("lease")).toEqual(["law", "mine"]);
    expect(page.find("lease").metadata.tags).toEqual(["law", "mine"]);
  });
});

describe("pins", () => {
  it("are set for all when one has none, and else taken away", async () => {
    await page.deeds.togglePin([page.find("garden"), page.find("soup")]);
    expect(hub.asked.filter((asked) => asked.startsWith("PATCH"))).toEqual(["PATCH /sessions/garden"]);
    expect(page.find("garden").pinned).toBe(true);
    await page.deeds.togglePin([page.find("garden"), page.find("soup")]);
    expect([page.find("garden").pinned, page.find("soup").pinned]).toEqual([false, false]);
  });

  it("go back to what they were when the hub refuses", async () => {
    hub.sessions.delete("garden");
    await page.deeds.togglePin([page.find("garden")]);
    expect(page.find("garden").pinned).toBeFalsy();
    expect(page.said.join()).toMatch(/^Not pinned\./);
  });
});
