import { catalogue } from "../../language/language.ts";

/** What the room of the sessions says around them. */
export const roomWords = catalogue(
  {
    nextSession: "Next session",
    previousSession: "Previous session",
  },
  {
    nextSession: "Следующая сессия",
    previousSession: "Предыдущая сессия",
  },
);
