import { describe, expect, it, vi } from "vitest";
import { readFeature } from "../../src/shell/read_feature.ts";
import { guardCommand } from "../../src/state/guarded_command.ts";

const room = (): HTMLElement => document.createElement("p");
const route = { paths: ["/clock"], room };

describe("a feature of a plugin", () => {
  it("has the name the hub knows it by, whatever it says itself", () => {
    expect(readFeature({ name: "sessions", routes: [route] }, "clock").name).toBe("clock");
  });

  it.each([
    [null, "makes no feature"],
    [{}, "`routes`"],
    [{ routes: [{ paths: ["//evil.example"], room }] }, "`routes`"],
    [{ routes: [{ paths: "/clock", room }] }, "`routes`"],
    [{ routes: [route], navigation: { path: "javascript:1", label: () => "", icon: [] } }, "`navigation`"],
    [
      { routes: [route], commands: [{ id: "clock.open", label: "Open", run: () => undefined }] },
      "`commands`",
    ],
    [{ routes: [route], finds: [] }, "`finds`"],
    [{ routes: [route], phrases: { ru: "Часы" } }, "`phrases`"],
  ])("is refused with the part that is wrong: %j", (value, said) => {
    expect(() => readFeature(value, "clock")).toThrow(said);
  });
});

describe("a guarded command", () => {
  it("tells what it throws, now and later, and goes by its id without words", async () => {
    const told = vi.fn();
    const label = (): string => {
      throw new Error("mute");
    };
    const run = async (): Promise<void> => {
      throw new Error("hoarse");
    };
    const command = guardCommand({ id: "clock.greet", label, run }, told);
    expect([command.label(), command.label()]).toEqual(["clock.greet", "clock.greet"]);
    command.run();
    await vi.waitFor(() =>
      expect(told.mock.calls.flat().map(String)).toEqual(["Error: mute", "Error: hoarse"]),
    );
  });
});
