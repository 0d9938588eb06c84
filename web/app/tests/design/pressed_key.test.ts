import { describe, expect, it, vi } from "vitest";
import { pressedKey } from "../../src/design/pressed_key.ts";
import { Shortcuts } from "../../src/state/shortcuts.ts";

describe("a pressed key", () => {
  it.each([
    ["k", "KeyK", false, "k"],
    ["л", "KeyK", false, "k"],
    ["Л", "KeyK", true, "K"],
    ["k", "KeyT", false, "k"],
    ["?", "Digit7", true, "?"],
    ["Escape", "Escape", false, "Escape"],
    ["ё", "Backquote", false, "ё"],
  ])("%s of %s is %s", (key, code, shiftKey, sign) => {
    expect(pressedKey({ key, code, shiftKey })).toBe(sign);
  });
});

describe("the shortcuts", () => {
  const run = vi.fn();
  const command = { id: "palette", label: () => "Find", keys: "Mod+K", run };
  const shortcuts = new Shortcuts(
    () => [command],
    () => 0,
  );
  const press = (init: KeyboardEventInit): boolean => shortcuts.hear(new KeyboardEvent("keydown", init));

  it("are heard under a keyboard of another script", () => {
    expect(press({ key: "л", code: "KeyK", ctrlKey: true })).toBe(true);
    expect(run).toHaveBeenCalledOnce();
  });

  it("leave the browser those with Shift", () => {
    expect(press({ key: "K", code: "KeyK", ctrlKey: true, shiftKey: true })).toBe(false);
  });
});
