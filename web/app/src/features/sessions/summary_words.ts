import { catalogue, plural } from "../../language/language.ts";

/** What is said of a conversation that is too long for who answers, and of its summary. */
export const summaryWords = catalogue(
  {
    summarising: (part: number, parts: number) =>
      parts > 1
        ? `Summarising the earlier conversation, part ${part} of ${parts}`
        : "Summarising the earlier conversation…",
    has: (reader: string, messages: number) =>
      `${reader} reads a summary of ${plural(messages, { one: "the first message", other: "the first # messages" })}`,
    wrote: (writer: string) => `Written by ${writer}. The newest messages go along word for word.`,
    leftOut: (messages: number) =>
      plural(messages, {
        one: "The very first message was too far back for it.",
        other: "The very first # messages were too far back for it.",
      }),
  },
  {
    summarising: (part: number, parts: number) =>
      parts > 1 ? `Пересказ начала разговора, часть ${part} из ${parts}` : "Пересказ начала разговора…",
    has: (reader: string, messages: number) =>
      `${reader} читает пересказ начала: ${plural(messages, { one: "# сообщение", few: "# сообщения", many: "# сообщений", other: "# сообщения" })}`,
    wrote: (writer: string) => `Пересказ: ${writer}. Последние сообщения переданы дословно.`,
    leftOut: (messages: number) =>
      plural(messages, {
        one: "В него не вошло самое раннее сообщение.",
        few: "В него не вошли # самых ранних сообщения.",
        many: "В него не вошли # самых ранних сообщений.",
        other: "В него не вошли # самых ранних сообщения.",
      }),
  },
);
