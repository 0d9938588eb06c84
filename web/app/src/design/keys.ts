import { html, type TemplateResult } from "lit";

const APPLE = { Mod: "⌘", Shift: "⇧", Alt: "⌥" } as const;
const OTHERS = { Mod: "Ctrl", Shift: "Shift", Alt: "Alt" } as const;
const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  Enter: "↵",
  Escape: "Esc",
};

/** Write keys as this system's keyboards do: `Mod+K` is `Ctrl K` or `⌘ K`; `g s` is one after the other. */
export function keyNames(combination: string, isApple = navigator.platform.startsWith("Mac")): string[] {
  const names: Readonly<Record<string, string>> = { ...SIGNS, ...(isApple ? APPLE : OTHERS) };
  return combination.split(/[+ ]/).map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

/** Show the keys that do something. */
export function keys(combination: string): TemplateResult {
  return html`<kbd>${keyNames(combination).join(" ")}</kbd>`;
}
