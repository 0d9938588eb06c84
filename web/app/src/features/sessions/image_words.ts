import { catalogue, plural } from "../../language/language.ts";

/** What images say in the composer and in the conversation. */
export const imageWords = catalogue(
  {
    images: (count: number) => plural(count, { one: "# image", other: "# images" }),
    attached: "Images of this message",
    waiting: "Waiting",
    preparing: "Preparing",
    uploading: "Uploading",
    notUploaded: "Not uploaded",
    failed: (name: string, reason: string) => `${name} was not uploaded. ${reason}`,
    remove: (name: string) => `Remove ${name}`,
    retry: (name: string) => `Upload ${name} again`,
    tryAgain: "Try again",
    sentWhenUploaded: "It is sent as soon as the images are uploaded.",
    tooMany: (count: number) =>
      plural(count, { one: "A message takes at most # image.", other: "A message takes at most # images." }),
    tooLarge: (name: string, limit: string) => `${name} is larger than ${limit}, also when scaled down.`,
    unknownKind: (name: string) =>
      `${name} is a kind of image that this browser cannot read. PNG, JPEG, WebP and GIF can be sent.`,
    notTaken: (provider: string) =>
      `${provider} takes no images. Choose another provider, or send without images.`,
    open: (name: string) => `Open ${name}`,
    notShown: (name: string) => `${name} cannot be shown.`,
    notShownAway: (name: string) => `${name} is shown when the hub is back.`,
    sendWithoutImages: "Send without images",
    viewNotOpened: "The image was not opened.",
  },
  {
    images: (count: number) =>
      plural(count, {
        one: "# изображение",
        few: "# изображения",
        many: "# изображений",
        other: "# изображения",
      }),
    attached: "Изображения этого сообщения",
    waiting: "В ожидании",
    preparing: "Подготовка",
    uploading: "Загрузка",
    notUploaded: "Не загружено",
    failed: (name: string, reason: string) => `${name}: не удалось загрузить. ${reason}`,
    remove: (name: string) => `Убрать ${name}`,
    retry: (name: string) => `Загрузить ${name} ещё раз`,
    tryAgain: "Ещё раз",
    sentWhenUploaded: "Сообщение уйдёт, как только изображения загрузятся.",
    tooMany: (count: number) =>
      plural(count, {
        one: "В сообщении не больше # изображения.",
        few: "В сообщении не больше # изображений.",
        many: "В сообщении не больше # изображений.",
        other: "В сообщении не больше # изображения.",
      }),
    tooLarge: (name: string, limit: string) => `${name} больше, чем ${limit}, даже после уменьшения.`,
    unknownKind: (name: string) =>
      `${name} — изображение, которое этот браузер не умеет читать. Можно отправить PNG, JPEG, WebP и GIF.`,
    notTaken: (provider: string) =>
      `${provider} не принимает изображения. Выберите другого провайдера или отправьте без изображений.`,
    open: (name: string) => `Открыть ${name}`,
    notShown: (name: string) => `${name} нельзя показать.`,
    notShownAway: (name: string) => `${name} появится, когда хаб вернётся.`,
    sendWithoutImages: "Отправить без изображений",
    viewNotOpened: "Изображение не открылось.",
  },
);

/** A message in one line: its text, and how many images go with it. */
export function textWithImages(content: string, attachments: readonly unknown[] = []): string {
  const images = attachments.length > 0 ? imageWords().images(attachments.length) : "";
  return [content, images].filter(Boolean).join(" · ");
}
