import { callHub } from "./http.ts";
import type { Session, SessionRead } from "./sessions.ts";

/** What a session can choose of: which model answers, and how the agent works. */
export type ChoiceKind = "model" | "mode";

/** A model or a mode, as the provider names it and as people call it. */
export interface Choice {
  readonly id: string;
  readonly name: string;
}

/** What a session has without a choice, and what there is. */
export interface Offer {
  readonly own: string | null;
  readonly choices: readonly Choice[];
}

/** What there is of each kind, as far as the provider has told. */
export type Choices = Readonly<Record<ChoiceKind, Offer>>;

/** Choose the model or the mode from the next turn on. */
export async function choose(sessionId: string, kind: ChoiceKind, id: string): Promise<Session> {
  const path = `/sessions/${encodeURIComponent(sessionId)}`;
  const { data } = await callHub<SessionRead>(path, { method: "PATCH", body: { [kind]: id } });
  return data;
}
