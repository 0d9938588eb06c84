import type { Problem } from "../api/problem.ts";
import { sentence } from "../design/words.ts";
import { hubWords } from "./hub_words.ts";
import { currentLanguage } from "./language.ts";
import { translated } from "./phrases.ts";

/** What there has to be known of a problem to say it. */
export type ToldProblem = Pick<Problem, "code" | "title" | "detail" | "phrases">;

/** A problem as the page says it; `detail` is what the hub tells of this one case. */
export interface SaidProblem {
  readonly title: string;
  readonly step: string;
  readonly detail: string;
  /** Whether the detail is English in a page that is not. */
  readonly isQuoted: boolean;
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

/** Say a problem in the page's language. Read it while rendering: its words may come later. */
export function sayProblem(problem: ToldProblem): SaidProblem {
  const { code, title, detail } = problem;
  const isEnglish = currentLanguage() === "en";
  const told = translated(problem, "detail");
  const isQuoted = !isEnglish && told === undefined;
  const phrase = hubWords()?.problems[code];
  if (!phrase) return { title, step: "", detail: told ?? detail, isQuoted };
  const [happened, step] = phrase;
  const ofThisCase = told ?? (COMPLETE.has(code) ? "" : detail);
  // What the hub says of the case says what to do as well.
  return { title: happened, step: ofThisCase && !isQuoted ? "" : step, detail: ofThisCase, isQuoted };
}

/** Say a problem in one or two sentences. */
export function problemText(problem: ToldProblem): string {
  const { title, step, detail, isQuoted } = sayProblem(problem);
  if (currentLanguage() === "en") return detail ? sentence(detail) : joined(title, step);
  return joined(title, step, detail && isQuoted ? `«${detail}»` : detail);
}

function joined(...parts: readonly string[]): string {
  return parts.map(sentence).filter(Boolean).join(" ");
}
