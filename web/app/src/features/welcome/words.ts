import { catalogue } from "../../language/language.ts";

/** What the welcome says. */
export const welcomeWords = catalogue(
  {
    welcome: "Atrium is running",
    about:
      "What you start here goes on when this window is closed, and is the same on each of your screens. Nothing leaves your computer unless a provider you chose is elsewhere.",
    ready: (model: string) => `Ready: ${model}`,
    firstTakesLonger: "The first answer takes a few seconds longer: the model is read into memory.",
    looking: "Looking for a model",
    notReady: "No model can answer yet",
    looksAgain: (time: string) => `Looked at ${time}. This page looks again by itself.`,
    question: "What shall it do first?",
    start: "Start",
    starting: "Starting the session",
    orTry: "Or try one of these",
    mail: "Write a short, polite mail that moves a meeting from Monday to Friday.",
    cat: "Give me five names for a grey cat, and say why each fits.",
    sky: "Explain in three sentences why the sky is blue.",
    skip: "Go to the sessions",
    kept: "Your text is kept.",
  },
  {
    welcome: "Atrium работает",
    about:
      "Всё, что вы здесь начнёте, продолжится и после закрытия окна и будет одинаковым на всех ваших экранах. Данные не покидают компьютер, если вы сами не выбрали внешнего провайдера.",
    ready: (model: string) => `Готово к работе: ${model}`,
    firstTakesLonger: "Первый ответ придёт на несколько секунд позже: модель загружается в память.",
    looking: "Ищем модель",
    notReady: "Пока ни одна модель не может ответить",
    looksAgain: (time: string) => `Проверено в ${time}. Страница проверяет сама.`,
    question: "С чего начнём?",
    start: "Начать",
    starting: "Создаём сессию",
    orTry: "Или попробуйте одно из этого",
    mail: "Напиши короткое вежливое письмо: встречу надо перенести с понедельника на пятницу.",
    cat: "Придумай пять имён для серого кота и объясни каждое.",
    sky: "Объясни в трёх предложениях, почему небо голубое.",
    skip: "К сессиям",
    kept: "Текст сохранён.",
  },
);
