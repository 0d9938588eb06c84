import { catalogue, plural } from "../../language/language.ts";

/** What the composer and what stands around it say. */
export const composerWords = catalogue(
  {
    message: "Message",
    writeMessage: "Write a message",
    send: "Send",
    sendWith: "Send (Enter)",
    cancel: "Cancel",
    escapeAgain: "Press Esc again to cancel the answer",
    attach: "Quote text files",
    dropHere: "Drop text files to quote them here",
    notText: (name: string) => `${name} is not text. Only text files can be quoted.`,
    noImages: (name: string) => `${name} is a picture. Pictures cannot be sent yet; text files are quoted.`,
    fileTooLarge: (name: string, limit: string) => `${name} is larger than ${limit}.`,
    tooMuch: (name: string, limit: string) => `With ${name} the message would be longer than ${limit}.`,
    unreadable: (name: string) => `${name} cannot be read.`,
    tooManyFiles: (count: number) =>
      plural(count, { one: "At most # file at a time.", other: "At most # files at a time." }),
    editing: "This message goes into a copy of the session that ends before it.",
    leaveEditing: "Stop editing",
    otherDraft: "Another draft was written on another screen.",
    takeDraft: "Take it",
    keepMine: "Keep mine",
  },
  {
    message: "Сообщение",
    writeMessage: "Напишите сообщение",
    send: "Отправить",
    sendWith: "Отправить (Enter)",
    cancel: "Отменить",
    escapeAgain: "Нажмите Esc ещё раз, чтобы отменить ответ",
    attach: "Цитировать текстовые файлы",
    dropHere: "Отпустите текстовые файлы, чтобы процитировать их",
    notText: (name: string) => `${name} — не текст. Цитировать можно только текстовые файлы.`,
    noImages: (name: string) =>
      `${name} — изображение. Изображения пока нельзя отправить; текстовые файлы цитируются.`,
    fileTooLarge: (name: string, limit: string) => `${name} больше, чем ${limit}.`,
    tooMuch: (name: string, limit: string) => `С файлом ${name} сообщение станет длиннее, чем ${limit}.`,
    unreadable: (name: string) => `${name} не удалось прочитать.`,
    tooManyFiles: (count: number) =>
      plural(count, {
        one: "Не больше # файла за раз.",
        few: "Не больше # файлов за раз.",
        many: "Не больше # файлов за раз.",
        other: "Не больше # файла за раз.",
      }),
    editing: "Сообщение уйдёт в копию сессии, которая заканчивается перед ним.",
    leaveEditing: "Не изменять",
    otherDraft: "На другом экране написан другой черновик.",
    takeDraft: "Взять его",
    keepMine: "Оставить мой",
  },
);
