import { catalogue, currentLocale } from "../../language/language.ts";

/** What finding in a conversation says. */
export const findWords = catalogue(
  {
    find: "Find in the conversation",
    next: "Next match (Enter)",
    previous: "Previous match (Shift Enter)",
    close: "Close (Esc)",
    nothing: "Not found",
    nothingHere: "Not found here",
    reading: "Reading",
    place: (at: number, total: number, more: boolean) =>
      `${figure(at)} of ${figure(total)}${more ? "+" : ""}`,
  },
  {
    find: "Найти в разговоре",
    next: "Следующее совпадение (Enter)",
    previous: "Предыдущее совпадение (Shift Enter)",
    close: "Закрыть (Esc)",
    nothing: "Не найдено",
    nothingHere: "Здесь не найдено",
    reading: "Чтение",
    place: (at: number, total: number, more: boolean) =>
      `${figure(at)} из ${figure(total)}${more ? "+" : ""}`,
  },
);

function figure(count: number): string {
  return new Intl.NumberFormat(currentLocale()).format(count);
}
