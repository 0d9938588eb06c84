import { afterEach, describe, expect, it, vi } from "vitest";
import type { Follower } from "../../../src/api/presence.ts";
import type { OtherDevices } from "../../../src/features/sessions/other_devices.ts";
import "../../../src/features/sessions/other_devices.ts";
import { deviceName } from "../../../src/language/devices.ts";

function follower(program: string, system?: string): Follower {
  const device = system === undefined ? { program } : { program, system };
  return { user: "local", client: "cli", device, since: "2026-11-18T12:00:00.000Z" };
}

async function shown(...followers: readonly Follower[]): Promise<HTMLElement> {
  const element = document.createElement("atrium-other-devices") as OtherDevices;
  element.followers = followers;
  document.body.append(element);
  await element.updateComplete;
  return element.renderRoot as HTMLElement;
}

afterEach(() => {
  document.documentElement.lang = "en";
  document.body.replaceChildren();
});

describe("the other devices of a session", () => {
  it("are not spoken of where there are none", async () => {
    expect((await shown()).querySelector("button, [popover]")).toBeNull();
  });

  it("are named, for ears as well, and listed with since when", async () => {
    const root = await shown(follower("Chrome", "Linux"), follower("Terminal", "desk"));
    expect(root.querySelector("button .names")?.textContent).toBe(
      "Also open: Chrome on Linux, Terminal on desk",
    );
    expect(root.querySelector("h2")?.textContent).toBe("Open on 2 other devices");
    expect(root.querySelectorAll("li")).toHaveLength(2);
  });

  it("keep to themselves the key that closes their list", async () => {
    const root = await shown(follower("Chrome", "Linux"));
    const list = root.querySelector("[popover]") as HTMLElement;
    const isOpen = vi.spyOn(list, "matches").mockReturnValue(true);
    const heard = vi.fn();
    document.addEventListener("keydown", heard);
    const press = (): boolean =>
      list.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }));
    press();
    expect(heard).not.toHaveBeenCalled();
    isOpen.mockReturnValue(false);
    press();
    expect(heard).toHaveBeenCalledOnce();
    document.removeEventListener("keydown", heard);
  });

  it("are text, whatever a program calls itself", async () => {
    const root = await shown(follower("<img src=x>"));
    expect(root.querySelector("img")).toBeNull();
    expect(root.textContent).toContain("<img src=x>");
  });

  it("are named in Russian", async () => {
    document.documentElement.lang = "ru";
    expect(deviceName({ program: "Terminal", system: "desk" })).toBe("Терминал на desk");
    expect(deviceName({ program: "Client" })).toBe("Программа");
    expect(deviceName({ program: "Firefox", system: "Windows", name: "Кухня" })).toBe("Кухня");
    const root = await shown(follower("Firefox", "Windows"));
    expect(root.querySelector("h2")?.textContent).toBe("Открыта ещё на 1 устройстве");
  });
});
