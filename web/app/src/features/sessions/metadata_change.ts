import { ApiProblem } from "../../api/problem.ts";
import { changeSession, readSession, type Session, type SessionMetadata } from "../../api/sessions.ts";

const PRECONDITION_FAILED = 412;
const MOST_TRIES = 5;

/** The title that somebody else gave a session while a person wrote another. */
export class RenamedElsewhere extends Error {
  constructor(readonly title: string) {
    super("The session was renamed elsewhere.");
  }
}

/**
 * Rename a session from the title that the person saw. Raises `RenamedElsewhere` when it has another by now, and
 * `ApiProblem`.
 */
export function retitle(sessionId: string, from: string, to: string): Promise<Session> {
  return changed(sessionId, ({ title = "" }) => {
    if (title !== from && title !== to) throw new RenamedElsewhere(title);
    return title === to ? undefined : { title: to };
  });
}

/** Add and remove tags of a session, whatever others do to its tags meanwhile. Raises `ApiProblem`. */
export function retag(
  sessionId: string,
  added: readonly string[],
  removed: readonly string[],
): Promise<Session> {
  return changed(sessionId, ({ tags = [] }) => {
    const left = tags.filter((tag) => !removed.includes(tag));
    const more = added.filter((tag) => !left.includes(tag));
    return more.length + tags.length - left.length > 0 ? { tags: [...left, ...more] } : undefined;
  });
}

/** Read, decide, write; again when somebody was quicker. */
async function changed(
  sessionId: string,
  decide: (metadata: SessionMetadata) => SessionMetadata | undefined,
): Promise<Session> {
  for (let left = MOST_TRIES; ; left -= 1) {
    const { revision, data } = await readSession(sessionId);
    const change = decide(data.metadata);
    if (!change) return data;
    try {
      return (await changeSession(sessionId, change, revision)).data;
    } catch (error) {
      const wasOvertaken = error instanceof ApiProblem && error.problem.status === PRECONDITION_FAILED;
      if (!wasOvertaken || left <= 1) throw error;
    }
  }
}
