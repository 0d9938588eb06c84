import { effect, signal } from "@preact/signals-core";
import { ApiProblem, isRecord } from "../../api/problem.ts";
import { deleteSession, deleteSessionOnLeaving, type Session } from "../../api/sessions.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";
import type { NoticeStep, Notices } from "../../state/notices.ts";
import type { SessionList } from "../../state/session_list.ts";
import { listWords } from "./list_words.ts";
import { titleOf } from "./session_words.ts";

/** What deletions need of the page. */
export interface DeletionPorts {
  readonly list: SessionList;
  readonly notices: Notices;
  readonly texts: KeyedTexts;
}

/** Sessions that are about to be deleted together. */
interface Wish {
  readonly sessions: readonly Session[];
  readonly step: NoticeStep;
  /** Shows the sessions again. */
  readonly show: () => void;
  readonly onUndo: (() => void) | undefined;
}

type LeftWish = Pick<Session, "id" | "updatedAt">;

const KEY = "deletions";
const NOT_FOUND = 404;

/**
 * Deletes sessions with a way back. The hub deletes for good, so it is asked only when the notice with Undo has gone, or
 * the page goes. What did not reach it then is asked for at the next visit, unless the session has changed since.
 */
export class Deletions {
  readonly #ports: DeletionPorts;
  readonly #wishes = signal<readonly Wish[]>([]);

  constructor(ports: DeletionPorts) {
    this.#ports = ports;
  }

  /** Ask for all that waits when the page goes, and for what an earlier page left. Returns what ends that. */
  watch(): () => void {
    const stopWatching = [this.#askForLeft(), this.#watchNotices()];
    window.addEventListener("pagehide", this.#leave);
    return () => {
      for (const stop of stopWatching) stop();
      window.removeEventListener("pagehide", this.#leave);
    };
  }

  /** Take sessions out of the list, and delete them unless the person takes that back; then `onUndo` is called. */
  add(sessions: readonly Session[], onUndo?: () => void): void {
    const [first, ...others] = sessions;
    if (!first) return;
    const { list, notices } = this.#ports;
    const words = listWords();
    const step: NoticeStep = { label: words.undo, run: () => this.#undo(wish) };
    const wish: Wish = { sessions, step, show: list.hide(sessions.map(({ id }) => id)), onUndo };
    const text = others.length
      ? words.deletedMany(sessions.length)
      : words.deletedOne(titleOf(first.metadata.title));
    notices.say(text, step);
    this.#wishes.value = [...this.#wishes.peek(), wish];
  }

  /** Whether there is something to take back. Read it while rendering: it is a signal's value. */
  get canUndo(): boolean {
    return this.#wishes.value.length > 0;
  }

  /** Take the last deletion back. */
  undoLast(): void {
    const wish = this.#wishes.peek().at(-1);
    if (wish) this.#undo(wish);
  }

  #undo(wish: Wish): void {
    if (!this.#take(wish)) return;
    wish.show();
    const { notices } = this.#ports;
    const notice = notices.all.peek().find(({ step }) => step === wish.step);
    if (notice) notices.dismiss(notice.id);
    wish.onUndo?.();
  }

  /** A notice goes just before its step runs: only then is it sure that nobody took the deletion back. */
  #watchNotices(): () => void {
    const { notices } = this.#ports;
    return effect(() => {
      const steps = new Set(notices.all.value.map(({ step }) => step));
      const over = this.#wishes.value.filter(({ step }) => !steps.has(step));
      queueMicrotask(() => {
        for (const wish of over) if (this.#take(wish)) void this.#delete(wish);
      });
    });
  }

  #askForLeft(): () => void {
    const { list, texts } = this.#ports;
    const left = readWishes(texts.get(KEY));
    return effect(() => {
      if (!list.sessions.value || left.length === 0) return;
      const sessions = left.splice(0).flatMap(({ id, updatedAt }) => {
        const session = list.find(id);
        return session?.updatedAt === updatedAt ? session : [];
      });
      texts.set(KEY, "");
      for (const { id } of sessions) deleteSession(id).catch(() => undefined);
    });
  }

  async #delete({ sessions, show }: Wish): Promise<void> {
    const { list, notices } = this.#ports;
    const failures: unknown[] = [];
    for (const { id } of sessions) {
      try {
        await deleteSession(id).catch(ignoreMissing);
        list.forget(id);
        this.#forgetTexts(id);
      } catch (error) {
        failures.push(error);
      }
    }
    show();
    if (failures.length > 0) notices.fail(listWords().notDeleted(failures.length), failures[0]);
  }

  readonly #leave = (): void => {
    const sessions = this.#wishes.peek().flatMap((wish) => wish.sessions);
    this.#wishes.value = [];
    if (sessions.length === 0) return;
    const left: readonly LeftWish[] = sessions.map(({ id, updatedAt }) => ({ id, updatedAt }));
    this.#ports.texts.set(KEY, JSON.stringify(left));
    for (const { id } of sessions) deleteSessionOnLeaving(id);
  };

  #forgetTexts(id: string): void {
    for (const kind of ["draft", "draft-images", "outbox"]) this.#ports.texts.set(`${kind}.${id}`, "");
  }

  /** Take a wish out of those that wait. Returns whether it waited. */
  #take(wish: Wish): boolean {
    const wishes = this.#wishes.peek();
    this.#wishes.value = wishes.filter((known) => known !== wish);
    return wishes.includes(wish);
  }
}

/** A session that somebody else deleted first is deleted all the same. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiProblem) || error.problem.status !== NOT_FOUND) throw error;
}

function readWishes(stored: string): LeftWish[] {
  try {
    const value: unknown = JSON.parse(stored || "[]");
    return Array.isArray(value) ? value.filter(isWish) : [];
  } catch {
    return [];
  }
}

function isWish(value: unknown): value is LeftWish {
  return isRecord(value) && typeof value.id === "string" && typeof value.updatedAt === "string";
}
