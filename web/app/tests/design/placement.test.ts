import { describe, expect, it } from "vitest";
import { placeBeside } from "../../src/design/placement.ts";

const WINDOW = { width: 400, height: 300 };
const MENU = { width: 120, height: 80 };

/** A button of 40 x 20 px at a place. */
function button(x: number, y: number): DOMRectReadOnly {
  return { x, y, width: 40, height: 20, left: x, top: y, right: x + 40, bottom: y + 20 } as DOMRectReadOnly;
}

describe("placeBeside", () => {
  it("puts a menu below its button, at the same start", () => {
    expect(placeBeside(button(100, 50), MENU, WINDOW, "bottom-start")).toEqual({ x: 100, y: 74 });
  });

  it("puts it at the other end for the end, and where one reads from the right", () => {
    expect(placeBeside(button(200, 50), MENU, WINDOW, "bottom-end")).toEqual({ x: 120, y: 74 });
    expect(placeBeside(button(200, 50), MENU, WINDOW, "bottom-start", true)).toEqual({ x: 120, y: 74 });
    expect(placeBeside(button(200, 50), MENU, WINDOW, "bottom-end", true)).toEqual({ x: 200, y: 74 });
  });

  it("stands above where there is no room below", () => {
    expect(placeBeside(button(100, 240), MENU, WINDOW, "bottom-start")).toEqual({ x: 100, y: 156 });
  });

  it("stays inside the window where there is no room on either side", () => {
    const tall = { width: 120, height: 250 };
    expect(placeBeside(button(100, 140), tall, WINDOW, "bottom-start")).toEqual({ x: 100, y: 42 });
    expect(placeBeside(button(100, 140), { width: 120, height: 400 }, WINDOW, "bottom-start").y).toBe(8);
  });

  it("keeps away from the edges", () => {
    expect(placeBeside(button(370, 50), MENU, WINDOW, "bottom-start").x).toBe(272);
    expect(placeBeside(button(-20, 50), MENU, WINDOW, "bottom-start").x).toBe(8);
  });

  it("centres what names a button, on each side", () => {
    const name = { width: 60, height: 24 };
    expect(placeBeside(button(100, 100), name, WINDOW, "bottom")).toEqual({ x: 90, y: 124 });
    expect(placeBeside(button(100, 100), name, WINDOW, "top")).toEqual({ x: 90, y: 72 });
    expect(placeBeside(button(100, 100), name, WINDOW, "right")).toEqual({ x: 144, y: 98 });
    expect(placeBeside(button(100, 100), name, WINDOW, "left")).toEqual({ x: 36, y: 98 });
    expect(placeBeside(button(20, 100), name, WINDOW, "left")).toEqual({ x: 64, y: 98 });
  });
});
