import { IMAGE_BYTES, IMAGE_TYPES } from "../../api/attachments.ts";
import { NOTED_WITHIN_BYTES, orientationOf, UPRIGHT } from "./image_orientation.ts";
import { UnreadableImage } from "./image_upload.ts";

/** The longest side of an image that is sent, in pixels: more than a model looks at costs time and money. */
export const LONGEST_SIDE = 2048;

/** The size of a preview, in pixels: twice what it is shown at. */
const PREVIEW_SIDE = 176;
const JPEG_QUALITY = 0.88;

/** An image as it will be sent, and a small picture of it as an address. */
export interface Prepared {
  readonly image: Blob;
  readonly name: string;
  readonly preview: string;
}

/**
 * Make a file ready to be sent: scaled down when it is large, turned upright, and of a kind that the hub takes.
 *
 * What is sent as it is keeps its bytes. What is drawn anew becomes JPEG, or PNG when one can see through it; the way a camera
 * was held is drawn into it, and what a camera noted, such as the place, is gone. Raises `UnreadableImage`.
 */
export async function prepareImage(file: File): Promise<Prepared> {
  const bitmap = await readBitmap(file);
  try {
    const preview = previewOf(bitmap);
    if (await isSentAsItIs(file, bitmap)) return { image: file, name: file.name, preview };
    const image = await drawAnew(bitmap, file.type);
    return { image, name: renamed(file.name, image.type), preview };
  } finally {
    bitmap.close();
  }
}

/** The size that fits into a square, in whole pixels; nothing is enlarged. */
export function fitInto(side: number, width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A file's name with the ending of another kind of image. */
export function renamed(name: string, type: string): string {
  const ending = type === "image/png" ? "png" : "jpg";
  const isSame = ending === "jpg" ? /\.jpe?g$/i.test(name) : /\.png$/i.test(name);
  return isSame ? name : `${name.replace(/\.[A-Za-z0-9]{1,5}$/, "")}.${ending}`;
}

async function readBitmap(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new UnreadableImage(file.name);
  }
}

/** A GIF may move: drawn anew it would stand still. A photo on its side would lie so before a model, which reads no notes. */
async function isSentAsItIs(file: File, { width, height }: ImageBitmap): Promise<boolean> {
  if (file.type === "image/gif") return true;
  const isSmall = Math.max(width, height) <= LONGEST_SIDE && file.size <= IMAGE_BYTES;
  if (!isSmall || !IMAGE_TYPES.includes(file.type)) return false;
  return orientationOf(await file.slice(0, NOTED_WITHIN_BYTES).arrayBuffer()) === UPRIGHT;
}

function drawAnew(bitmap: ImageBitmap, type: string): Promise<Blob> {
  const size = fitInto(LONGEST_SIDE, bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = drawOn(canvas.getContext("2d"), bitmap, size);
  const isClear = type !== "image/jpeg" && hasTransparency(context, size);
  return isClear
    ? canvas.convertToBlob({ type: "image/png" })
    : canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
}

function previewOf(bitmap: ImageBitmap): string {
  const canvas = document.createElement("canvas");
  const size = fitInto(PREVIEW_SIDE, bitmap.width, bitmap.height);
  Object.assign(canvas, size);
  drawOn(canvas.getContext("2d"), bitmap, size);
  return canvas.toDataURL("image/webp", 0.8);
}

function drawOn<Context extends CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D>(
  context: Context | null,
  bitmap: ImageBitmap,
  { width, height }: { readonly width: number; readonly height: number },
): Context {
  if (!context) throw new UnreadableImage("the browser gives no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context;
}

function hasTransparency(
  context: OffscreenCanvasRenderingContext2D,
  { width, height }: { readonly width: number; readonly height: number },
): boolean {
  const { data } = context.getImageData(0, 0, width, height);
  for (let place = 3; place < data.length; place += 4) if (data[place] !== 255) return true;
  return false;
}
