import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Palette } from "../../src/shell/palette.ts";
import type { Command } from "../../src/state/feature.ts";

/** What jsdom lacks of the browser's dialog. */
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement): void {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement): void {
  this.open = false;
};
Element.prototype.scrollIntoView ??= () => undefined;

describe("the palette", () => {
  const ran: string[] = [];
  let palette: Palette;

  const command = (label: string, parts: Partial<Command> = {}): Command => ({
    id: label,
    label: () => label,
    run: () => void ran.push(label),
    ...parts,
  });
  const labels = (): string[] =>
    [...(palette.shadowRoot?.querySelectorAll("[role=option] .label") ?? [])].map(
      ({ textContent }) => textContent ?? "",
    );
  const input = (): HTMLInputElement => palette.shadowRoot?.querySelector("input") as HTMLInputElement;
  const type = async (text: string): Promise<void> => {
    input().value = text;
    input().dispatchEvent(new InputEvent("input"));
    await palette.updateComplete;
  };
  const press = async (key: string): Promise<void> => {
    input().dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    await palette.updateComplete;
  };

  beforeEach(async () => {
    ran.length = 0;
    palette = new Palette();
    palette.commands = [
      command("New session", { keys: "n" }),
      command("Sign out", { isAvailable: () => false }),
      command("Open the settings"),
    ];
    palette.finds = () => [command("Garden plan")];
    document.body.append(palette);
    await palette.updateComplete;
    await palette.show();
    await palette.updateComplete;
  });
  afterEach(() => document.body.replaceChildren());

  it("offers the commands that can be run, and what the features find", () => {
    expect(labels()).toEqual(["New session", "Open the settings", "Garden plan"]);
  });

  it("finds by a few letters and runs the first with Enter", async () => {
    await type("grdn");
    expect(labels()).toEqual(["Garden plan"]);
    await press("Enter");
    expect(ran).toEqual(["Garden plan"]);
    expect(palette.shadowRoot?.querySelector("dialog")?.open).toBe(false);
  });

  it("goes round with the arrows, and says which is meant", async () => {
    await press("ArrowUp");
    expect(input().getAttribute("aria-activedescendant")).toBe("row-2");
    await press("ArrowDown");
    expect(input().getAttribute("aria-activedescendant")).toBe("row-0");
  });

  it("says so when nothing fits", async () => {
    await type("qqqq");
    expect(palette.shadowRoot?.querySelector("[role=status]")?.textContent).toContain("Nothing fits");
    await press("Enter");
    expect(ran).toEqual([]);
  });
});
