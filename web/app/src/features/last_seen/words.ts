import { catalogue } from "../../language/language.ts";

/** What is said of what was last seen. */
export const lastSeenWords = catalogue(
  {
    sessions: "Sessions, as last seen",
    seenAt: (time: string) => `Seen ${time}`,
    mayBeOld: (time: string) => `As of ${time}. It can be read, not continued, until the hub is back.`,
    onlyTheEnd: "Only the end was kept.",
    notKept: "This session was not opened in this browser",
    notKeptNote: "What you open here is kept for reading while the hub is away.",
    nothing: "Nothing was read in this browser yet",
    nothingNote: "When the hub is back, what you open here can be read offline later.",
    choose: "Choose a session to read it as it was last seen.",
    all: "All sessions",
    untitled: "Untitled session",
    you: "You",
    answer: "Answer",
  },
  {
    sessions: "Сессии, какими вы их видели",
    seenAt: (time: string) => `Состояние: ${time}`,
    mayBeOld: (time: string) => `Состояние: ${time}. Пока хаба нет, можно читать, но не продолжать.`,
    onlyTheEnd: "Сохранился только конец.",
    notKept: "Эту сессию в этом браузере не открывали",
    notKeptNote: "Всё, что вы здесь открываете, сохраняется для чтения без связи.",
    nothing: "В этом браузере пока ничего не читали",
    nothingNote: "Когда хаб вернётся, всё, что вы откроете, можно будет читать и без связи.",
    choose: "Выберите сессию, чтобы прочитать её в последнем виденном состоянии.",
    all: "Все сессии",
    untitled: "Сессия без названия",
    you: "Вы",
    answer: "Ответ",
  },
);
