import { catalogue } from "../../language/language.ts";

/** What the place where a session begins says. */
export const newSessionWords = catalogue(
  {
    newSession: "New session",
    firstMessage: "Write the first message",
    whoAnswers: "Who answers",
    howItBegins: "The first message starts a session. It goes on when this window is closed.",
    notNow: "The hub does not answer. What you write is kept here until it does.",
    folder: "Folder",
    ownFolder: "A folder of its own",
    folderHow:
      "The project the agent works in: a folder on the hub's machine. Left empty, the session gets one of its own.",
    creating: "Creating the session",
    textKept: "Your text is kept.",
    noModel: "No model",
    noneCanAnswer: "No model can answer yet.",
    notAvailable: "not available",
    notInstalled: "not installed",
    checkAgain: "Check again",
  },
  {
    newSession: "Новая сессия",
    firstMessage: "Напишите первое сообщение",
    whoAnswers: "Кто отвечает",
    howItBegins: "С первого сообщения начнётся сессия. Она продолжится, даже если закрыть это окно.",
    notNow: "Хаб не отвечает. Написанное хранится здесь, пока он не вернётся.",
    folder: "Папка",
    ownFolder: "Своя папка",
    folderHow:
      "Проект, в котором работает агент: папка на компьютере хаба. Если не указать, у сессии будет своя.",
    creating: "Создаём сессию",
    textKept: "Ваш текст сохранён.",
    noModel: "Нет модели",
    noneCanAnswer: "Пока ни одна модель не может ответить.",
    notAvailable: "недоступна",
    notInstalled: "не установлена",
    checkAgain: "Проверить ещё раз",
  },
);
