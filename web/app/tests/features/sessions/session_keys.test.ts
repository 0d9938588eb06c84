import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionKeys } from "../../../src/features/sessions/session_keys.ts";

const host = {
  addController: (): void => undefined,
  removeController: (): void => undefined,
  requestUpdate: (): void => undefined,
  updateComplete: Promise.resolve(true),
};

let state: { finding: boolean; editing: boolean; running: boolean; writing: boolean };
let done: string[];
let keys: SessionKeys;

beforeEach(() => {
  vi.useFakeTimers();
  state = { finding: false, editing: false, running: true, writing: false };
  done = [];
  keys = new SessionKeys(host, {
    find: () => done.push("find"),
    isFinding: () => state.finding,
    leaveFind: () => {
      state.finding = false;
      done.push("leave find");
    },
    isEditing: () => state.editing,
    leaveEditing: () => {
      state.editing = false;
      done.push("leave editing");
    },
    isRunning: () => state.running,
    isWriting: () => state.writing,
    hold: (isHolding) => isHolding && done.push("hold"),
    cancel: () => done.push("cancel"),
  });
  keys.hostConnected();
});

afterEach(() => {
  keys.hostDisconnected();
  document.body.innerHTML = "";
  vi.useRealTimers();
});

function press(key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body): boolean {
  return target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more }),
  );
}

describe("Esc", () => {
  it("steps back from the innermost: finding, editing, the answer", () => {
    state.finding = state.editing = true;
    for (let n = 0; n < 3; n += 1) press("Escape");
    expect(done).toEqual(["leave find", "leave editing", "cancel"]);
  });

  it("asks once more while a text is being written, and forgets that it did", () => {
    state.writing = true;
    press("Escape");
    expect(done).toEqual(["hold"]);
    press("Escape");
    expect(done).toEqual(["hold", "cancel"]);
    press("Escape");
    vi.advanceTimersByTime(3_000);
    press("Escape");
    expect(done).toEqual(["hold", "cancel", "hold", "hold"]);
  });

  it("is left to dialogs, to words that are being composed, and to who has heard it already", () => {
    document.body.innerHTML = "<dialog><input /></dialog>";
    press("Escape", {}, document.querySelector("input") as HTMLInputElement);
    press("Escape", { isComposing: true });
    document.body.addEventListener("keydown", (event) => event.preventDefault(), { once: true });
    press("Escape");
    state.running = false;
    press("Escape");
    expect(done).toEqual([]);
  });
});

describe("Ctrl F", () => {
  it("finds in the conversation, and in the field of finding is the browser's own", () => {
    expect(press("f", { ctrlKey: true })).toBe(false);
    expect(press("а", { metaKey: true, code: "KeyF" })).toBe(false);
    document.body.innerHTML = "<atrium-find-bar></atrium-find-bar>";
    expect(press("f", { ctrlKey: true }, document.querySelector("atrium-find-bar") as Element)).toBe(true);
    press("f", { ctrlKey: true, shiftKey: true });
    expect(done).toEqual(["find", "find"]);
  });
});
