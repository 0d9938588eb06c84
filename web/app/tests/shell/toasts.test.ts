import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Toasts } from "../../src/shell/toasts.ts";
import { Notices } from "../../src/state/notices.ts";

describe("toasts", () => {
  let notices: Notices;
  let toasts: Toasts;

  beforeEach(async () => {
    notices = new Notices();
    toasts = new Toasts();
    toasts.notices = notices;
    document.body.append(toasts);
    await toasts.updateComplete;
  });
  afterEach(() => document.body.replaceChildren());

  const texts = async (role: string): Promise<string[]> => {
    await toasts.updateComplete;
    const found = toasts.shadowRoot?.querySelectorAll(`[role="${role}"] .text`) ?? [];
    return [...found].map(({ textContent }) => textContent ?? "");
  };
  const button = (selector: string): HTMLButtonElement =>
    toasts.shadowRoot?.querySelector(selector) as HTMLButtonElement;

  it("say what happened calmly and what failed at once", async () => {
    notices.say("Deleted.");
    notices.fail("Not renamed.", new Error("too long"));
    expect(await texts("status")).toEqual(["Deleted."]);
    expect(await texts("alert")).toEqual(["Not renamed. Too long."]);
  });

  it("offer a step, which ends them", async () => {
    const run = vi.fn();
    notices.say("Deleted.", { label: "Undo", run });
    await texts("status");
    button(".step").click();
    expect(run).toHaveBeenCalledOnce();
    expect(await texts("status")).toEqual([]);
  });

  it("are dismissed by their button", async () => {
    notices.keep("A new version is ready.", { label: "Reload", run: () => undefined });
    await texts("status");
    button(".square").click();
    expect(await texts("status")).toEqual([]);
  });
});

describe("what can be taken back", () => {
  const undo = { label: "Undo", run: (): void => undefined };

  it("is offered for its whole time, however alike and however many", () => {
    const notices = new Notices();
    for (const text of ["Deleted.", "Deleted.", "One", "Two", "Three"]) notices.say(text, undo);
    for (const text of ["Copied.", "Copied.", "Saved.", "Sent."]) notices.say(text);
    const texts = notices.all.value.map(({ text }) => text);
    expect(texts).toEqual(["Deleted.", "Deleted.", "One", "Two", "Three", "Copied.", "Saved.", "Sent."]);
  });
});

describe("what is kept", () => {
  it("is said once", () => {
    const notices = new Notices();
    for (let n = 0; n < 2; n += 1) notices.keep("A new version is ready.", { label: "Reload", run: vi.fn() });
    expect(notices.all.value).toHaveLength(1);
  });

  it("stays until it is answered", () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.keep("A new version is ready.", { label: "Reload", run: () => undefined });
    vi.runAllTimers();
    expect(notices.all.value).toHaveLength(1);
    vi.useRealTimers();
  });
});
