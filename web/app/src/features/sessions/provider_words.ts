import { catalogue } from "../../language/language.ts";

/** What is said of who answers, who failed, and who goes on. */
export const providerWords = catalogue(
  {
    answers: (name: string) => `${name} answers. Choose another provider`,
    choose: "Who answers from here on",
    notNow: (name: string) => `${name}, not available`,
    leftAlone: (name: string) => `${name}, failed several times`,
    none: "No providers known",
    notSwitched: "The provider was not changed.",
    continueWith: (name: string) => `Continue with ${name}`,
    another: "Another provider",
    install: "Install it",
    setKey: "Set the key",
    newSession: "New session",
    whatItNeeds: "See what it needs",
    budget: "Change the budget",
    cancel: "Cancel",
    tryingAgain: (seconds: number) => (seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again."),
    againFrom: (time: string) => `It can be asked again from ${time}.`,
    changed: (name: string) => `${name} answers from here on.`,
    fellBack: (name: string, before: string, reason: string) =>
      `${name} answers from here on, because ${before} failed. ${reason}`,
    readsLess: (kept: number, messages: number) => `It can read the last ${kept} of ${messages} messages.`,
  },
  {
    answers: (name: string) => `Отвечает ${name}. Выбрать другого провайдера`,
    choose: "Кто отвечает дальше",
    notNow: (name: string) => `${name}, недоступен`,
    leftAlone: (name: string) => `${name}, несколько сбоев подряд`,
    none: "Провайдеры неизвестны",
    notSwitched: "Провайдер не изменён.",
    continueWith: (name: string) => `Продолжить с ${name}`,
    another: "Другой провайдер",
    install: "Установить",
    setKey: "Задать ключ",
    newSession: "Новая сессия",
    whatItNeeds: "Что ему нужно",
    budget: "Изменить бюджет",
    cancel: "Отменить",
    tryingAgain: (seconds: number) => (seconds > 0 ? `Новая попытка через ${seconds} с.` : "Новая попытка."),
    againFrom: (time: string) => `Снова можно спросить: ${time}.`,
    changed: (name: string) => `Дальше отвечает ${name}.`,
    fellBack: (name: string, before: string, reason: string) =>
      `Дальше отвечает ${name}: у ${before} сбой. ${reason}`,
    readsLess: (kept: number, messages: number) => `Видны последние сообщения: ${kept} из ${messages}.`,
  },
);
