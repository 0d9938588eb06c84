import { catalogue, currentLocale } from "../../language/language.ts";

/** What the large view of an image says. */
export const imageDialogWords = catalogue(
  {
    largeView: "Image",
    placeOf: (place: number, of: number) => `${place} of ${of}`,
    pixels: (width: number, height: number, size: string) => `${width} × ${height}, ${size}`,
    previous: "Previous image",
    next: "Next image",
    openOriginal: "Open original",
    download: "Download",
    close: "Close",
  },
  {
    largeView: "Изображение",
    placeOf: (place: number, of: number) => `${place} из ${of}`,
    pixels: (width: number, height: number, size: string) => `${width} × ${height}, ${size}`,
    previous: "Предыдущее изображение",
    next: "Следующее изображение",
    openOriginal: "Открыть оригинал",
    download: "Скачать",
    close: "Закрыть",
  },
);

/** A size in bytes as people read it: `340 kB`, `2.4 MB`. */
export function sizeOf(bytes: number): string {
  const [amount, unit] = bytes < 1e6 ? [Math.max(1, bytes / 1e3), "kilobyte"] : [bytes / 1e6, "megabyte"];
  const maximumFractionDigits = unit === "megabyte" && amount < 10 ? 1 : 0;
  return new Intl.NumberFormat(currentLocale(), { style: "unit", unit, maximumFractionDigits }).format(
    amount,
  );
}
