import { catalogue } from "../language/language.ts";

/** What the components themselves say. */
export const designWords = catalogue(
  {
    cancel: "Cancel",
    close: "Close",
    dismiss: "Dismiss",
    copied: "Copied",
    notCopied: "Not copied",
    undo: "Undo",
  },
  {
    cancel: "Отменить",
    close: "Закрыть",
    dismiss: "Скрыть",
    copied: "Скопировано",
    notCopied: "Не скопировано",
    undo: "Вернуть",
  },
);
