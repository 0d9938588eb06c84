import { Keyboard, Search } from "lucide";
import type { Command, NavigationEntry } from "../state/feature.ts";
import { shellWords } from "./words.ts";

/** What the shell's own commands do. */
export interface ShellActs {
  readonly search: () => void;
  readonly showKeys: () => void;
}

/** The commands that belong to no room. */
export function shellCommands(acts: ShellActs): readonly Command[] {
  return [
    {
      id: "shell.search",
      label: () => shellWords().openPalette,
      keys: "Mod+K",
      icon: Search,
      run: acts.search,
    },
    {
      id: "shell.keys",
      label: () => shellWords().showShortcuts,
      keys: "?",
      icon: Keyboard,
      run: acts.showKeys,
    },
  ];
}

/** A way to each room that stands in the navigation. */
export function wayCommands(
  entries: readonly (NavigationEntry & { readonly name: string })[],
  go: (path: string) => void,
): readonly Command[] {
  return entries.map(({ name, path, label, icon, keys }) => ({
    id: `${name}.go`,
    label: () => shellWords().goTo(label()),
    icon,
    ...(keys && { keys }),
    run: () => go(path),
  }));
}
