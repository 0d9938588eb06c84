import { Monitor, Moon, Settings, Sun } from "lucide";
import type { Command } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { settingsWords } from "./words.ts";

/** The commands of the settings: few and small, so they are there before the room is loaded. */
export function settingsCommands(hub: Hub): readonly Command[] {
  const { preferences, router } = hub;
  return [
    {
      id: "settings.open",
      label: () => settingsWords().goThere,
      keys: "g s",
      icon: Settings,
      run: () => router.go("/settings"),
    },
    {
      id: "settings.light",
      label: () => settingsWords().useLight,
      icon: Sun,
      isAvailable: () => preferences.theme.peek() !== "light",
      run: () => preferences.setTheme("light"),
    },
    {
      id: "settings.dark",
      label: () => settingsWords().useDark,
      icon: Moon,
      isAvailable: () => preferences.theme.peek() !== "dark",
      run: () => preferences.setTheme("dark"),
    },
    {
      id: "settings.system",
      label: () => settingsWords().useSystem,
      icon: Monitor,
      isAvailable: () => preferences.theme.peek() !== "system",
      run: () => preferences.setTheme("system"),
    },
  ];
}
