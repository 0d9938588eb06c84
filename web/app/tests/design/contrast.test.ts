import { describe, expect, it } from "vitest";
import TOKENS from "../../src/design/tokens.css?raw";

const MORE = /\[data-contrast="more"\] \{([^}]*)\}/.exec(TOKENS)?.[1] ?? "";
const LIGHT_DARK = /--([\w-]+): light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\)/g;

type Colour = readonly [number, number, number];

/** Read the opaque colours of a theme (0 light, 1 dark). */
function colours(css: string, theme: 0 | 1): Map<string, Colour> {
  const found = new Map<string, Colour>();
  for (const [, name = "", ...themes] of css.matchAll(LIGHT_DARK)) {
    const value = themes[theme] ?? "";
    if (!value.includes("/")) found.set(name, value.split(" ").map(Number) as unknown as Colour);
  }
  return found;
}

/** The relative luminance of an OKLCH colour, by Ottosson's matrices and WCAG 2.2. */
function luminance([lightness, chroma, hue]: Colour): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  const green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  const blue = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s;
  return 0.2126 * clamp(red) + 0.7152 * clamp(green) + 0.0722 * clamp(blue);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function contrast(one: Colour, other: Colour): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const PLAIN = TOKENS.slice(0, TOKENS.indexOf("[data-contrast"));
const SETS = [
  ["light", colours(PLAIN, 0), 4.5],
  ["dark", colours(PLAIN, 1), 4.5],
  ["light, high contrast", new Map([...colours(PLAIN, 0), ...colours(MORE, 0)]), 7],
  ["dark, high contrast", new Map([...colours(PLAIN, 1), ...colours(MORE, 1)]), 7],
] as const;

const WRITTEN = ["text-muted", "accent", "positive", "warning", "danger"];

describe.each(SETS)("%s", (_name, set, least) => {
  const of = (name: string): Colour => set.get(name) as Colour;

  it.each(["surface", "surface-raised"])("what is written on %s can be read", (surface) => {
    expect(contrast(of("text"), of(surface))).toBeGreaterThanOrEqual(7);
    const poor = WRITTEN.filter((name) => contrast(of(name), of(surface)) < least);
    expect(poor).toEqual([]);
  });

  it("what is written on filled buttons can be read", () => {
    expect(contrast(of("on-accent"), of("accent"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("on-danger"), of("danger"))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["surface", "surface-raised"])("the focus is seen on %s", (surface) => {
    expect(contrast(of("focus"), of(surface))).toBeGreaterThanOrEqual(3);
  });
});
