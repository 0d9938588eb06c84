import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Attachment } from "../../../src/api/attachments.ts";
import type { Draft, Written } from "../../../src/api/drafts.ts";
import { ApiProblem, readProblem, unreachable } from "../../../src/api/problem.ts";
import { DraftSync } from "../../../src/features/sessions/draft_sync.ts";
import { settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";
import { attachment } from "./image_fixture.ts";

/** The hub's side: one draft, its revision, and whether it can be reached. */
class Hub {
  draft: Draft = { text: "", attachments: [], revision: "10" };
  isAway = false;
  puts: string[] = [];

  write(text: string, attachments: readonly Attachment[] = []): void {
    this.draft = { text, attachments, revision: String(Number(this.draft.revision) + 1) };
  }

  async get(): Promise<Draft> {
    if (this.isAway) throw unreachable();
    return this.draft;
  }

  async put({ text, attachments }: Written, revision: string): Promise<Draft> {
    if (this.isAway) throw unreachable();
    if (revision !== this.draft.revision) throw new ApiProblem(readProblem({ status: 412 }));
    this.puts.push(text);
    this.write(text, attachments);
    return this.draft;
  }
}

/** One screen: its texts, and what its composer shows. */
class Desk {
  readonly texts = new MemoryTexts();
  shown = "";
  images: readonly Attachment[] = [];
  drafts: DraftSync;

  constructor(readonly hub: Hub) {
    this.drafts = this.open();
  }

  open(): DraftSync {
    this.shown = this.texts.get("draft.s1");
    this.drafts = new DraftSync("s1", {
      get: () => this.hub.get(),
      put: (written, revision) => this.hub.put(written, revision),
      texts: this.texts,
      attachments: () => this.images,
      show: ({ text, attachments }) => {
        this.shown = text;
        this.images = attachments;
        this.texts.set("draft.s1", text);
      },
    });
    return this.drafts;
  }

  write(text: string): void {
    this.shown = text;
    this.texts.set("draft.s1", text);
    this.drafts.wrote();
  }
}

let hub: Hub;
let desk: Desk;

beforeEach(() => {
  vi.useFakeTimers();
  hub = new Hub();
  desk = new Desk(hub);
});

afterEach(() => {
  desk.drafts.close();
  vi.useRealTimers();
});

async function saved(): Promise<void> {
  await vi.advanceTimersByTimeAsync(600);
}

async function told(): Promise<void> {
  await vi.advanceTimersByTimeAsync(150);
}

describe("a draft", () => {
  it("is given to the hub once, a little after the last letter", async () => {
    for (const text of ["h", "he", "hello"]) desk.write(text);
    await saved();
    desk.write("hello you");
    await saved();

    expect(hub.puts).toEqual(["hello", "hello you"]);
  });

  it("of another screen is shown where nothing was written", async () => {
    await desk.drafts.check();
    hub.write("from the phone");
    desk.drafts.changed(hub.draft.revision);
    await told();

    expect(desk.shown).toBe("from the phone");
    hub.write("");
    desk.drafts.changed(hub.draft.revision);
    await told();
    expect(desk.shown).toBe("");
    expect(hub.puts).toEqual([]);
  });

  it("of another screen never takes the place of what is being written: the person chooses", async () => {
    await desk.drafts.check();
    desk.write("mine");
    hub.write("theirs");
    await saved();
    expect(desk.shown).toBe("mine");
    expect(desk.drafts.other.value?.text).toBe("theirs");
    expect(hub.draft.text).toBe("theirs");

    desk.drafts.keepMine();
    await settle();
    expect(hub.draft.text).toBe("mine");
    expect(desk.drafts.other.value).toBeUndefined();

    desk.write("mine again");
    hub.write("theirs again");
    await saved();
    desk.drafts.takeOther();
    expect(desk.shown).toBe("theirs again");
    await saved();
    expect(hub.puts).toEqual(["mine"]);
  });

  it("stays when another screen clears its own", async () => {
    hub.write("shared");
    await desk.drafts.check();
    desk.write("shared and more");
    hub.write("");
    await saved();

    expect(desk.shown).toBe("shared and more");
    expect(hub.draft.text).toBe("shared and more");
  });

  it("is kept while the hub is away, over a reload, and given to it then", async () => {
    hub.isAway = true;
    desk.write("kept");
    await saved();
    desk.drafts.close();
    hub.isAway = false;
    await desk.open().check();

    expect(desk.shown).toBe("kept");
    expect(hub.draft.text).toBe("kept");
  });

  it("that was sent does not come back", async () => {
    desk.write("sent");
    await saved();
    const { revision } = desk.drafts;
    expect(revision).toBe(hub.draft.revision);
    desk.texts.set("draft.s1", "");
    desk.drafts.wrote();
    desk.drafts.sent();
    hub.write("");
    desk.drafts.changed(hub.draft.revision);
    await saved();

    expect(hub.puts).toEqual(["sent"]);
    expect(desk.texts.get("draft.s1")).toBe("");
    expect(desk.drafts.other.value).toBeUndefined();
  });

  it("shares its images, also without words, and a choice between two is one of both", async () => {
    const [photo, plan] = [attachment("photo.jpg"), attachment("plan.png")];
    desk.images = [photo];
    desk.drafts.wrote();
    await saved();
    expect(hub.draft.attachments).toEqual([photo]);

    hub.write("", [plan]);
    desk.drafts.changed(hub.draft.revision);
    await told();
    expect(desk.images).toEqual([plan]);

    hub.write("theirs", [plan, photo]);
    desk.images = [];
    await desk.open().check();
    expect(desk.images).toEqual([]);
    expect(desk.drafts.other.value?.attachments).toEqual([plan, photo]);
    desk.drafts.takeOther();
    expect([desk.shown, desk.images]).toEqual(["theirs", [plan, photo]]);
    desk.images = [];
    desk.texts.set("draft.s1", "");
    desk.drafts.sent();
    await saved();
    expect(hub.puts).toHaveLength(1);
  });

  it("is left alone by what it knows already, and by a hub that keeps none", async () => {
    await desk.drafts.check();
    const get = vi.spyOn(hub, "get");
    desk.drafts.changed(hub.draft.revision);
    await told();
    expect(get).not.toHaveBeenCalled();

    get.mockRejectedValue(new ApiProblem(readProblem({ status: 404 })));
    await desk.drafts.check();
    desk.write("only here");
    await saved();
    expect(hub.puts).toEqual([]);
  });
});
