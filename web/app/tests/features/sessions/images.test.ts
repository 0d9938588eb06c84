import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Attachment, IMAGE_BYTES, type Upload } from "../../../src/api/attachments.ts";
import { ApiProblem, readProblem, unreachable } from "../../../src/api/problem.ts";
import { EMPTY_CONVERSATION } from "../../../src/features/sessions/conversation.ts";
import { fold } from "../../../src/features/sessions/fold.ts";
import { sizeOf } from "../../../src/features/sessions/image_dialog_words.ts";
import { whyNoImages } from "../../../src/features/sessions/image_refusal.ts";
import { fitInto, renamed } from "../../../src/features/sessions/image_scaling.ts";
import { ImageTrays } from "../../../src/features/sessions/image_trays.ts";
import { ImageTray, readKept, UnreadableImage } from "../../../src/features/sessions/image_upload.ts";
import { roomOf } from "../../../src/features/sessions/image_view.ts";
import { textWithImages } from "../../../src/features/sessions/image_words.ts";
import { settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";
import { EntryWriter } from "./entries.ts";
import { attachment } from "./image_fixture.ts";

function file(name: string): File {
  return new File([name], name, { type: "image/png" });
}

/** The hub's side: takes images when it is let, or fails with a problem. */
class Uploads {
  readonly asked: [sessionId: string, name: string][] = [];
  readonly kept: (readonly Attachment[])[] = [];
  problem: unknown;
  size = 3;
  let: (() => void) | undefined;
  isHeldBack = false;
  last: Upload | undefined;
  #keys = 0;

  tray(sessionId?: string, kept?: readonly Attachment[]): ImageTray {
    return new ImageTray(
      sessionId,
      {
        prepare: async ({ name }) => {
          if (name.endsWith(".heic")) throw new UnreadableImage(name);
          const image = Object.defineProperty(new Blob(), "size", { value: this.size });
          return { image, name, preview: "data:," };
        },
        upload: (of, _image, name, upload) => this.#upload(of, name, upload),
        newKey: () => `key-${++this.#keys}`,
        keep: (attachments) => void this.kept.push(attachments),
      },
      kept,
    );
  }

  async #upload(sessionId: string, name: string, upload: Upload): Promise<Attachment> {
    this.asked.push([sessionId, name]);
    this.last = upload;
    if (this.isHeldBack) await new Promise<void>((resolve) => Object.assign(this, { let: resolve }));
    if (this.problem) throw this.problem;
    return attachment(name);
  }
}

let uploads: Uploads;

beforeEach(() => {
  vi.useFakeTimers();
  uploads = new Uploads();
});

afterEach(() => {
  vi.useRealTimers();
});

function statuses(tray: ImageTray): string[] {
  return tray.images.value.map(({ name, status }) => `${name} ${status}`);
}

describe("the images of the next message", () => {
  it("are uploaded one after the other, and say how far they are", async () => {
    uploads.isHeldBack = true;
    const tray = uploads.tray("s1");
    tray.add([file("one.png"), file("two.png")]);
    await settle();
    uploads.last?.onProgress(0.4);
    expect(statuses(tray)).toEqual(["one.png uploading", "two.png waiting"]);
    expect(tray.images.value[0]).toMatchObject({ progress: 0.4, preview: "data:," });
    expect(tray.isUnderWay).toBe(true);

    uploads.isHeldBack = false;
    uploads.let?.();
    await settle();
    expect(statuses(tray)).toEqual(["one.png ready", "two.png ready"]);
    expect(uploads.kept.at(-1)).toEqual([attachment("one.png"), attachment("two.png")]);
  });

  it("can be left out in mid-upload, which ends it", async () => {
    uploads.isHeldBack = true;
    const tray = uploads.tray("s1");
    tray.add([file("one.png")]);
    await settle();
    tray.remove("key-1");
    expect(uploads.last?.signal.aborted).toBe(true);
    uploads.let?.();
    await settle();
    expect(statuses(tray)).toEqual([]);
    expect(uploads.kept.at(-1)).toEqual([]);
  });

  it("that fail say why, and are tried again where that may help", async () => {
    uploads.problem = unreachable();
    const tray = uploads.tray("s1");
    tray.add([file("one.png"), file("photo.heic")]);
    await settle();
    expect(tray.hasFailed).toBe(true);
    expect(tray.images.value.map(({ problem, mayRetry }) => [problem, mayRetry])).toEqual([
      [expect.stringContaining("one.png was not uploaded. The hub does not answer."), true],
      [expect.stringContaining("photo.heic is a kind of image that this browser cannot read."), false],
    ]);

    uploads.problem = undefined;
    tray.retryAll();
    await settle();
    expect(statuses(tray)).toEqual(["one.png ready", "photo.heic failed"]);
  });

  it("that the hub refuses, or that are too large, are not tried again", async () => {
    uploads.problem = new ApiProblem(readProblem({ detail: "it is no image" }, 422));
    const tray = uploads.tray("s1");
    tray.add([file("one.png")]);
    await settle();
    uploads.size = IMAGE_BYTES + 1;
    tray.add([file("large.png")]);
    await settle();
    expect(tray.images.value.map(({ problem, mayRetry }) => [problem, mayRetry])).toEqual([
      ["one.png was not uploaded. It is no image.", false],
      ["large.png is larger than 10 MiB, also when scaled down.", false],
    ]);
    expect(uploads.asked).toEqual([["s1", "one.png"]]);
  });

  it("wait for a session that is made for them, and are given anew to another", async () => {
    const tray = uploads.tray();
    tray.add([file("one.png")]);
    await settle();
    expect(statuses(tray)).toEqual(["one.png held"]);
    expect(tray.isUnderWay).toBe(false);
    expect(uploads.asked).toEqual([]);

    await tray.begin("s1");
    expect(tray.attachments).toEqual([attachment("one.png")]);
    await tray.begin("s1");
    await tray.begin("s2");
    expect(uploads.asked).toEqual([
      ["s1", "one.png"],
      ["s2", "one.png"],
    ]);

    tray.clear();
    tray.add([file("two.png")]);
    await settle();
    expect(statuses(tray)).toEqual(["two.png held"]);
  });

  it("are the same on another screen, and each only once", async () => {
    const [one, two] = [attachment("one.png"), attachment("two.png")];
    const tray = uploads.tray("s1", [one]);
    expect(tray.images.value[0]?.preview).toBe("/api/v1/sessions/s1/attachments/id-of-one.png");
    tray.add([file("one.png")]);
    await settle();
    expect(tray.attachments).toEqual([one]);
    tray.restore([two, one]);
    expect(tray.attachments).toEqual([two, one]);
    tray.replace([one]);
    expect(tray.attachments).toEqual([one]);
  });

  it("are those of their session, also when it is opened again, until it is no more", () => {
    const one = attachment("one.png");
    const texts = new MemoryTexts();
    texts.set("draft-images.s1", JSON.stringify([one]));
    const trays = new ImageTrays(texts);
    expect(trays.of("s1").attachments).toEqual([one]);
    expect(trays.of("s1")).toBe(trays.of("s1"));
    expect(trays.of("s2").attachments).toEqual([]);
    trays.of("s2").restore([one]);
    expect(new ImageTrays(texts).of("s2").attachments).toEqual([one]);
    trays.forget("s2");
    expect(texts.get("draft-images.s2")).toBe("");
    expect(texts.get("draft-images.s1")).not.toBe("");
  });

  it("are read from what was kept, if that can be read", () => {
    const one = attachment("one.png");
    expect(readKept(JSON.stringify([one, { name: "no image" }, { ...one, width: 0 }]))).toEqual([one]);
    expect(readKept("{")).toEqual([]);
    expect(readKept("")).toEqual([]);
  });
});

describe("the images of a message", () => {
  it("are read from the stream", () => {
    const write = new EntryWriter();
    const data = { messageId: "u", turnId: "t1", content: "", attachments: [attachment("one.png"), null] };
    const { turns } = fold(EMPTY_CONVERSATION, [write.entry("message.added", data)]);
    expect(turns[0]?.message?.attachments).toEqual([attachment("one.png")]);
    expect(fold(EMPTY_CONVERSATION, [write.said("no image")]).turns[0]?.message?.attachments).toBeUndefined();
  });

  it("have their room before they are loaded", () => {
    expect(roomOf({ width: 4_000, height: 3_000 }, true)).toEqual({ width: 416, height: 312 });
    expect(roomOf({ width: 4_000, height: 3_000 }, false)).toEqual({ width: 176, height: 132 });
    expect(roomOf({ width: 60, height: 50 }, true)).toEqual({ width: 60, height: 50 });
    expect(roomOf({ width: 100, height: 9_000 }, true)).toEqual({ width: 44, height: 320 });
  });

  it("are told in words where there is only a line", () => {
    expect(textWithImages("Look", [1, 2])).toBe("Look · 2 images");
    expect(textWithImages("", [1])).toBe("1 image");
    expect([400, 340_000, 2_440_000].map(sizeOf)).toEqual(["1 kB", "340 kB", "2.4 MB"]);
  });

  it("are scaled into a square, under the name of their kind", () => {
    expect(fitInto(2048, 4096, 1024)).toEqual({ width: 2048, height: 512 });
    expect(fitInto(2048, 640, 480)).toEqual({ width: 640, height: 480 });
    expect(["a.HEIC", "b.jpeg", "c", "d.v2.png"].map((name) => renamed(name, "image/jpeg"))).toEqual([
      "a.jpg",
      "b.jpeg",
      "c.jpg",
      "d.v2.jpg",
    ]);
    expect(renamed("e.webp", "image/png")).toBe("e.png");
  });

  it("are refused in words where the provider takes none", () => {
    const provider = { id: "plain", name: "Plain", version: "1", status: "active" } as const;
    const seeing = { ...provider, id: "seeing", capabilities: { images: true } };
    expect(whyNoImages([provider, seeing], "plain")).toMatch(/^Plain takes no images\./);
    expect(whyNoImages([provider, seeing], "seeing")).toBe("");
    expect(whyNoImages(undefined, "plain")).toBe("");
  });
});
