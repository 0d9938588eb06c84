import { pinSession, type Session } from "../../api/sessions.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";
import type { Notices } from "../../state/notices.ts";
import type { Router } from "../../state/router.ts";
import { sessionPath } from "../../state/router.ts";
import type { Expectation, SessionList } from "../../state/session_list.ts";
import { Deletions } from "./deletions.ts";
import { listWords } from "./list_words.ts";
import { RenamedElsewhere, retag, retitle } from "./metadata_change.ts";

/** What is done to sessions needs of the page. */
export interface DeedPorts {
  readonly sessionList: SessionList;
  readonly notices: Notices;
  readonly router: Router;
  readonly texts: KeyedTexts;
}

/** Two titles for one session: the one it was given elsewhere, and the one that a person wrote here. */
export interface TitleConflict {
  readonly id: string;
  readonly theirs: string;
  readonly mine: string;
}

/** What is to become of a session, and how. */
interface Change {
  readonly id: string;
  readonly expectation: Expectation;
  readonly failure: string;
  readonly step: () => Promise<Session | undefined>;
}

/** What a person does to sessions, from wherever: shown at once, taken back with words when the hub refuses. */
export class SessionDeeds {
  readonly deletions: Deletions;
  readonly #ports: DeedPorts;

  constructor(ports: DeedPorts) {
    this.#ports = ports;
    this.deletions = new Deletions({ ...ports, list: ports.sessionList });
  }

  /** Pin all of the sessions; unpin them if all are pinned. */
  async togglePin(sessions: readonly Session[]): Promise<void> {
    const pinned = !sessions.every((session) => session.pinned);
    const words = listWords();
    const toChange = sessions.filter((session) => (session.pinned ?? false) !== pinned);
    await this.#changeAll(
      toChange.map(({ id }) => ({
        id,
        expectation: (session) => ({ ...session, pinned }),
        failure: pinned ? words.notPinned : words.notUnpinned,
        step: () => pinSession(id, pinned),
      })),
    );
  }

  /** Rename a session from the title that the person saw. Returns the other title if it was given one meanwhile. */
  async rename(id: string, from: string, to: string): Promise<TitleConflict | undefined> {
    let conflict: TitleConflict | undefined;
    const step = (): Promise<Session | undefined> =>
      retitle(id, from, to).catch((error: unknown) => {
        if (!(error instanceof RenamedElsewhere)) throw error;
        conflict = { id, theirs: error.title, mine: to };
        return undefined;
      });
    const expectation = (session: Session): Session => ({
      ...session,
      metadata: { ...session.metadata, title: to },
    });
    await this.#changeAll([{ id, expectation, failure: listWords().notRenamed, step }]);
    return conflict;
  }

  /** Add tags to sessions, and remove others. */
  async tag(
    sessions: readonly Session[],
    added: readonly string[],
    removed: readonly string[],
  ): Promise<void> {
    const expectation = ({ metadata, ...session }: Session): Session => {
      const left = (metadata.tags ?? []).filter((tag) => !removed.includes(tag));
      const tags = [...left, ...added.filter((tag) => !left.includes(tag))];
      return { ...session, metadata: { ...metadata, tags } };
    };
    const failure = listWords().notTagged;
    await this.#changeAll(
      sessions.map(({ id }) => ({ id, expectation, failure, step: () => retag(id, added, removed) })),
    );
  }

  /** Delete sessions, with a way back. Whoever looks at one of them is led to the list first. */
  remove(sessions: readonly Session[]): void {
    const { router } = this.#ports;
    const route = router.route.peek();
    const open = route.name === "session" ? sessions.find(({ id }) => id === route.id) : undefined;
    if (open) router.go("/", "replace");
    this.deletions.add(sessions, () => {
      if (open && router.path.peek() === "/") router.go(sessionPath(open.id), "replace");
    });
  }

  /** Show what is expected of all, then do one after the other, and take in what the hub made of each. */
  async #changeAll(changes: readonly Change[]): Promise<void> {
    const { sessionList, notices } = this.#ports;
    const expected = changes.map((change) => ({
      ...change,
      stopExpecting: sessionList.expect(change.id, change.expectation),
    }));
    for (const { step, failure, stopExpecting } of expected) {
      try {
        const session = await step();
        if (session) sessionList.put(session);
      } catch (error) {
        notices.fail(failure, error);
      } finally {
        stopExpecting();
      }
    }
  }
}
