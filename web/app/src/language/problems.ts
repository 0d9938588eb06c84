import { signal } from "@preact/signals-core";
import type { Problem } from "../api/problem.ts";
import { sentence } from "../design/words.ts";
import { currentLanguage, type Language } from "./language.ts";

/** By a problem's code: what happened, and what can be done about it. */
export type ProblemPhrases = Readonly<Record<string, readonly [happened: string, step: string]>>;

/** A problem as the page says it; `detail` is what the hub tells of this one case, always in English. */
export interface SaidProblem {
  readonly title: string;
  readonly step: string;
  readonly detail: string;
}

/** The page's words for these say everything: what the hub adds is for programs. */
const COMPLETE: ReadonlySet<string> = new Set([
  "ACT_CHANGED",
  "ALREADY_ANSWERED",
  "ALREADY_INSTALLING",
  "ANSWER_TOO_LONG",
  "CURSOR_RESET",
  "INSTALL_RUNNING",
  "INTERRUPTED",
  "NOTHING_INSTALLING",
  "NOTHING_TO_CANCEL",
  "NOT_FOUND",
  "PRECONDITION_FAILED",
  "PULL_RUNNING",
  "REQUEST_TIMEOUT",
  "SERVICE_NOT_FOUND",
  "SERVICE_TIMEOUT",
  "SESSION_STOPPED",
  "UNAUTHENTICATED",
  "UNKNOWN_PROGRAM",
  "UNREACHABLE",
]);

const LOADERS: Readonly<Record<Language, () => Promise<{ readonly default: ProblemPhrases }>>> = {
  en: () => import("./problems_en.ts"),
  ru: () => import("./problems_ru.ts"),
};

/** Problems are rare, and the words for them many: they come after the first paint, in the page's language only. */
const loaded = signal<Partial<Record<Language, ProblemPhrases>>>({});

/** Get the words for problems in a language. Until they are there, and if they cannot be had, the hub's own stand. */
export async function loadProblemWords(language: Language): Promise<void> {
  if (loaded.peek()[language]) return;
  const { default: phrases } = await LOADERS[language]();
  loaded.value = { ...loaded.peek(), [language]: phrases };
}

/** Say a problem in the page's language. Read it while rendering: its words may come later. */
export function sayProblem({ code, title, detail }: Pick<Problem, "code" | "title" | "detail">): SaidProblem {
  const language = currentLanguage();
  const phrase = loaded.value[language]?.[code];
  if (!phrase) return { title, step: "", detail };
  const [happened, step] = phrase;
  const ofThisCase = COMPLETE.has(code) ? "" : detail;
  // In English the hub's detail says what to do as well.
  return { title: happened, step: language === "en" && ofThisCase ? "" : step, detail: ofThisCase };
}

/** Say a problem in one or two sentences. */
export function problemText(problem: Pick<Problem, "code" | "title" | "detail">): string {
  const { title, step, detail } = sayProblem(problem);
  if (currentLanguage() === "en") return detail ? sentence(detail) : joined(title, step);
  return joined(title, step, detail && `«${detail}»`);
}

function joined(...parts: readonly string[]): string {
  return parts.map(sentence).filter(Boolean).join(" ");
}
