import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { unreachable } from "../../../src/api/problem.ts";
import { ImageTray, type TrayPorts } from "../../../src/features/sessions/image_upload.ts";
import { type FileStore, WaitingFiles } from "../../../src/features/sessions/waiting_files.ts";
import { settle } from "../../fake_network.ts";
import { MemoryTexts } from "../../memory_texts.ts";
import { attachment } from "./image_fixture.ts";

/** What a browser keeps over reloads; `hold` lets a file take its time. */
class Browser implements FileStore {
  readonly texts = new MemoryTexts();
  readonly files = new Map<string, File>();
  isRefusing = false;
  hold: Promise<void> | undefined;
  opened = 0;

  putFile = async (key: string, file: File): Promise<void> => {
    await this.hold;
    if (this.isRefusing) throw new DOMException("no room", "QuotaExceededError");
    this.files.set(key, file);
  };

  getFile = async (key: string): Promise<File | undefined> => this.files.get(key);

  deleteFile = async (key: string): Promise<void> => void this.files.delete(key);

  /** What a page finds when it is loaded. */
  waiting(): WaitingFiles {
    return new WaitingFiles(this.texts, "waiting-images.s1", async () => {
      this.opened += 1;
      return this;
    });
  }
}

let browser: Browser;
let keys = 0;
let isAway = true;

beforeEach(() => {
  vi.useFakeTimers();
  browser = new Browser();
  isAway = true;
});

afterEach(() => {
  vi.useRealTimers();
});

async function tray(sessionId?: string): Promise<ImageTray> {
  const ports: TrayPorts = {
    prepare: async (file) => ({ image: file, name: file.name, preview: "data:," }),
    upload: async (_session, _image, name) => {
      if (isAway) throw unreachable();
      return attachment(name);
    },
    newKey: () => `key-${++keys}`,
    keep: () => undefined,
    waiting: browser.waiting(),
  };
  const opened = new ImageTray(sessionId, ports);
  await settle();
  return opened;
}

async function add(to: ImageTray, ...names: string[]): Promise<void> {
  to.add(names.map((name) => new File([name], name, { type: "image/png" })));
  await settle();
}

function statuses(of: ImageTray): string[] {
  return of.images.value.map(({ name, status }) => `${name} ${status}`);
}

describe("images that are not uploaded yet", () => {
  it("are there after a reload, in their order, and are uploaded then", async () => {
    await add(await tray("s1"), "one.png", "two.png");
    isAway = false;
    const again = await tray("s1");
    expect(statuses(again)).toEqual(["one.png ready", "two.png ready"]);
    expect(browser.files.size).toBe(0);
    expect(browser.texts.get("waiting-images.s1")).toBe("");
  });

  it("wait over a reload for a session that is still to begin, until they are taken", async () => {
    await add(await tray(), "one.png");
    isAway = false;
    const again = await tray();
    expect(statuses(again)).toEqual(["one.png held"]);
    await again.begin("s1");
    expect([...browser.files.keys()]).toHaveLength(1);
    again.clear();
    await settle();
    expect(statuses(await tray())).toEqual([]);
    expect(browser.files.size).toBe(0);
  });

  it("are gone for good when they are left out, also while they are just being kept", async () => {
    let go = (): void => undefined;
    browser.hold = new Promise((resolve) => {
      go = resolve;
    });
    const first = await tray("s1");
    await add(first, "one.png");
    for (const { key } of first.images.value) first.remove(key);
    go();
    await settle();
    expect(browser.files.size).toBe(0);
    expect(statuses(await tray("s1"))).toEqual([]);
  });

  it("live as long as the page where the browser keeps nothing", async () => {
    browser.isRefusing = true;
    const first = await tray("s1");
    await add(first, "one.png");
    expect(statuses(first)).toEqual(["one.png failed"]);
    expect(statuses(await tray("s1"))).toEqual([]);
  });

  it("cost nothing where there are none", async () => {
    await tray("s1");
    expect(browser.opened).toBe(0);
  });
});
