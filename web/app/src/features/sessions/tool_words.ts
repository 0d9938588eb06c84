import { currentLanguage, type Language, type PluralForms, plural } from "../../language/language.ts";
import type { ToolKind } from "./tool_kinds.ts";

/** How one kind of tool is spoken of. */
export interface ToolWords {
  /** Before what it is about, when it has ended. */
  readonly done: string;
  /** Before what it is about, while it runs. */
  readonly now: string;
  /** Several of them in a row. */
  readonly several: (count: number) => string;
}

/** What the lines of tools say. */
export function toolWords(): Readonly<Record<ToolKind, ToolWords>> {
  return WORDS[currentLanguage()];
}

const WORDS: Readonly<Record<Language, Readonly<Record<ToolKind, ToolWords>>>> = {
  en: {
    read: words("Read", "Reading", { one: "Read # file", other: "Read # files" }),
    search: words("Searched", "Searching", { one: "Searched once", other: "Searched # times" }),
    edit: words("Edited", "Editing", { one: "Made # edit", other: "Made # edits" }),
    run: words("Ran", "Running", { one: "Ran # command", other: "Ran # commands" }),
    fetch: words("Fetched", "Fetching", { one: "Fetched # page", other: "Fetched # pages" }),
    plan: words("Plan", "Plan", { one: "Plan", other: "Plan, changed # times" }),
    other: words("Called", "Calling", { one: "Called # tool", other: "Called # tools" }),
  },
  ru: {
    read: words("Прочитано:", "Читает", {
      one: "Прочитан # файл",
      few: "Прочитано # файла",
      many: "Прочитано # файлов",
      other: "Прочитано # файла",
    }),
    search: words("Поиск:", "Ищет", {
      one: "# поиск",
      few: "# поиска",
      many: "# поисков",
      other: "# поиска",
    }),
    edit: words("Изменено:", "Меняет", {
      one: "# правка",
      few: "# правки",
      many: "# правок",
      other: "# правки",
    }),
    run: words("Команда", "Выполняет", {
      one: "# команда",
      few: "# команды",
      many: "# команд",
      other: "# команды",
    }),
    fetch: words("Загружено:", "Загружает", {
      one: "Загружена # страница",
      few: "Загружено # страницы",
      many: "Загружено # страниц",
      other: "Загружено # страницы",
    }),
    plan: words("План", "План", {
      one: "План",
      few: "План, # изменения",
      many: "План, # изменений",
      other: "План, # изменения",
    }),
    other: words("Вызов", "Вызывает", {
      one: "# вызов",
      few: "# вызова",
      many: "# вызовов",
      other: "# вызова",
    }),
  },
};

function words(done: string, now: string, several: PluralForms): ToolWords {
  return { done, now, several: (count) => plural(count, several) };
}
