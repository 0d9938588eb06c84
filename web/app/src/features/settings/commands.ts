import { Monitor, Moon, Sun } from "lucide";
import type { Command } from "../../state/feature.ts";
import type { Hub } from "../../state/hub.ts";
import { settingsCommandWords } from "./command_words.ts";

/** The commands of the settings: few and small, so they are there before the room is loaded. */
export function settingsCommands(hub: Hub): readonly Command[] {
  const { preferences } = hub;
  return [
    {
      id: "settings.light",
      label: () => settingsCommandWords().useLight,
      icon: Sun,
      isAvailable: () => preferences.theme.peek() !== "light",
      run: () => preferences.setTheme("light"),
    },
    {
      id: "settings.dark",
      label: () => settingsCommandWords().useDark,
      icon: Moon,
      isAvailable: () => preferences.theme.peek() !== "dark",
      run: () => preferences.setTheme("dark"),
    },
    {
      id: "settings.system",
      label: () => settingsCommandWords().useSystem,
      icon: Monitor,
      isAvailable: () => preferences.theme.peek() !== "system",
      run: () => preferences.setTheme("system"),
    },
  ];
}
