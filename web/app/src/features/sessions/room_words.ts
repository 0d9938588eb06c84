import { catalogue } from "../../language/language.ts";

/** What the room of the sessions says around them. */
export const roomWords = catalogue(
  {
    newSession: "New session",
    nextSession: "Next session",
    previousSession: "Previous session",
  },
  {
    newSession: "Новая сессия",
    nextSession: "Следующая сессия",
    previousSession: "Предыдущая сессия",
  },
);
