import { expect, it } from "vitest";
import { orientationOf } from "../../../src/features/sessions/image_orientation.ts";

/** The beginning of a JPEG whose second segment notes an orientation. */
function noted(orientation: number, isLittle: boolean, tag = 0x0112): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(80));
  view.setUint32(0, 0xffd8ffe0); // start, a first segment
  view.setUint16(4, 4);
  view.setUint32(8, 0xffe1_0022);
  view.setUint32(12, 0x45786966); // "Exif"
  const tiff = 18;
  view.setUint16(tiff, isLittle ? 0x4949 : 0x4d4d);
  view.setUint32(tiff + 4, 8, isLittle);
  view.setUint16(tiff + 8, 2, isLittle);
  view.setUint16(tiff + 10, 0x010f, isLittle);
  view.setUint16(tiff + 22, tag, isLittle);
  view.setUint16(tiff + 30, orientation, isLittle);
  view.setUint16(44, 0xffda);
  return view.buffer;
}

it.each([true, false])("reads how a camera was held, whichever way its numbers are written", (isLittle) => {
  expect([1, 3, 6, 8].map((orientation) => orientationOf(noted(orientation, isLittle)))).toEqual([
    1, 3, 6, 8,
  ]);
});

it("takes for upright what notes nothing that can be", () => {
  expect(orientationOf(noted(0, true))).toBe(1);
  expect(orientationOf(noted(9, false))).toBe(1);
  expect(orientationOf(noted(6, true, 0x0113))).toBe(1);
});

it("takes for upright what is cut off or no JPEG", () => {
  const whole = noted(6, true);
  for (let length = 0; length < 50; length += 1) expect(orientationOf(whole.slice(0, length))).toBe(1);
  expect(orientationOf(new TextEncoder().encode("\x89PNG\r\n\x1a\n and more").buffer)).toBe(1);
});
