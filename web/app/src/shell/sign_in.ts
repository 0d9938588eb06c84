import { signal } from "@preact/signals-core";
import { login } from "../api/auth.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import type { LastSeen } from "../state/last_seen.ts";

/** Why the link that led here has not signed the browser in. `unreachable`: it was not heard, and can be tried again. */
export type SignInProblem =
  | { readonly kind: "refused" }
  | { readonly kind: "unreachable"; readonly problem: Problem };

/** Trades the code of a login link for a login; a code that the hub did not hear is kept. */
export class SignIn {
  readonly problem = signal<SignInProblem | undefined>(undefined);
  readonly #takeCode: () => string | undefined;
  readonly #lastSeen: Pick<LastSeen, "clear">;
  #code: string | undefined;

  /** `takeCode` takes a code out of the address, if there is one; what an earlier login saw is cleared by the next. */
  constructor(takeCode: () => string | undefined, lastSeen: Pick<LastSeen, "clear">) {
    this.#takeCode = takeCode;
    this.#lastSeen = lastSeen;
  }

  /** Whether a code waits for a hub that does not answer. Read it while rendering: it is a signal's value. */
  get isStuck(): boolean {
    return this.problem.value?.kind === "unreachable";
  }

  /** Sign in with the code of the address, or with the one that was not heard, if there is any. */
  async follow(): Promise<void> {
    this.#code = this.#takeCode() ?? this.#code;
    if (this.#code === undefined) return;
    try {
      await login(this.#code);
      await this.#lastSeen.clear();
      this.#end(undefined);
    } catch (error) {
      const problem = problemOf(error);
      const isHeard = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
      if (isHeard) this.#end({ kind: "refused" });
      else this.problem.value = { kind: "unreachable", problem };
    }
  }

  #end(problem: SignInProblem | undefined): void {
    this.#code = undefined;
    this.problem.value = problem;
  }
}
