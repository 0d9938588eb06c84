import { catalogue } from "../../language/language.ts";

/** What the commands of the settings are called: they are there before the room and its words. */
export const settingsCommandWords = catalogue(
  {
    useLight: "Use the light theme",
    useDark: "Use the dark theme",
    useSystem: "Use the system's theme",
  },
  {
    useLight: "Включить светлую тему",
    useDark: "Включить тёмную тему",
    useSystem: "Тема как в системе",
  },
);
