import { expect, it } from "vitest";
import { duration } from "../../src/design/times.ts";

it("says how long something took as short as it stays clear", () => {
  const told = [0, 99, 400, 3_000, 3_140, 9_999, 59_900, 60_000, 125_000].map(duration);
  expect(told).toEqual(["0 ms", "99 ms", "0.4 s", "3 s", "3.1 s", "9 s", "59 s", "1 min 0 s", "2 min 5 s"]);
});
