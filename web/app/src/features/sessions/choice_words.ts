import { catalogue } from "../../language/language.ts";

/** What is said of the model and the mode of a session. */
export const choiceWords = catalogue(
  {
    model: "Model",
    mode: "Mode",
    isModel: (name: string) => `Model: ${name}. Choose another`,
    isMode: (name: string) => `Mode: ${name}. Choose another`,
    notChosen: "Nothing was changed.",
  },
  {
    model: "Модель",
    mode: "Режим",
    isModel: (name: string) => `Модель: ${name}. Выбрать другую`,
    isMode: (name: string) => `Режим: ${name}. Выбрать другой`,
    notChosen: "Ничего не изменено.",
  },
);
