import { currentLocale } from "../language/language.ts";

/** Bytes as people read them: `277 MB`. */
export function writtenSize(bytes: number): string {
  const [amount, unit] =
    bytes < 1e6
      ? [bytes / 1e3, "kilobyte"]
      : bytes < 1e9
        ? [bytes / 1e6, "megabyte"]
        : [bytes / 1e9, "gigabyte"];
  const maximumFractionDigits = amount < 10 ? 1 : 0;
  return new Intl.NumberFormat(currentLocale(), { style: "unit", unit, maximumFractionDigits }).format(
    amount,
  );
}
