import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PicturePace } from "../../../src/features/sessions/picture_pace.ts";

const PICTURE_MS = 17;

describe("the pace of pictures", () => {
  let pace: PicturePace;
  let ran: number;
  let spent: number;

  beforeEach(() => {
    vi.useFakeTimers();
    pace = new PicturePace();
    ran = spent = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + spent);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** Ask for work that takes so long, in ms, and give it the rest of this turn. */
  async function ask(takes = 0): Promise<void> {
    pace.schedule(() => {
      ran += 1;
      spent += takes;
    });
    await Promise.resolve();
  }

  it("runs at once when a picture has passed since it last ran, else before the next one", async () => {
    await ask();
    expect(ran).toBe(1);

    await ask();
    expect(ran).toBe(1);
    await vi.advanceTimersByTimeAsync(PICTURE_MS);
    expect(ran).toBe(2);

    await vi.advanceTimersByTimeAsync(PICTURE_MS);
    await ask();
    expect(ran).toBe(3);
  });

  it("rests after work that is slow again, not after work that was held up once", async () => {
    await ask(100);
    await vi.advanceTimersByTimeAsync(PICTURE_MS);
    await ask(50);
    expect(ran).toBe(2);

    await vi.advanceTimersByTimeAsync(PICTURE_MS);
    await ask();
    await vi.advanceTimersByTimeAsync(3 * 50 - 1);
    expect(ran).toBe(2);
    await vi.advanceTimersByTimeAsync(1 + PICTURE_MS);
    expect(ran).toBe(3);

    await vi.advanceTimersByTimeAsync(PICTURE_MS);
    await ask();
    expect(ran).toBe(4);
  });
});
