/** Upright, as what has no word on it is. */
export const UPRIGHT = 1;

const JPEG_START = 0xffd8;
const EXIF_SEGMENT = 0xffe1;
const PIXELS_SEGMENT = 0xffda;
const EXIF = 0x45786966;
const LITTLE_ENDIAN = 0x4949;
const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/** How far into a file the way a camera was held may be noted. */
export const NOTED_WITHIN_BYTES = 256 << 10;

/**
 * How the camera was held, as a JPEG's beginning notes it: 1 to 8, where 1 is upright (EXIF 2.32, tag 0x0112). What is no JPEG,
 * or is damaged, is upright.
 */
export function orientationOf(beginning: ArrayBuffer): number {
  try {
    const view = new DataView(beginning);
    return view.getUint16(0) === JPEG_START ? inSegments(view) : UPRIGHT;
  } catch {
    return UPRIGHT; // cut off
  }
}

function inSegments(view: DataView): number {
  let at = 2;
  for (
    let kind = view.getUint16(at);
    kind >> 8 === 0xff && kind !== PIXELS_SEGMENT;
    kind = view.getUint16(at)
  ) {
    if (kind === EXIF_SEGMENT && view.getUint32(at + 4) === EXIF) return inDirectory(view, at + 10);
    at += 2 + view.getUint16(at + 2);
  }
  return UPRIGHT;
}

/** The first directory of a TIFF that begins at `start`. */
function inDirectory(view: DataView, start: number): number {
  const isLittle = view.getUint16(start) === LITTLE_ENDIAN;
  const directory = start + view.getUint32(start + 4, isLittle);
  const count = view.getUint16(directory, isLittle);
  for (let entry = directory + 2; entry < directory + 2 + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
    if (view.getUint16(entry, isLittle) !== ORIENTATION_TAG) continue;
    const orientation = view.getUint16(entry + 8, isLittle);
    return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
  }
  return UPRIGHT;
}
