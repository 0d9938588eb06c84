import { compareRevisions, isRevision } from "@atrium/state-sync";
import { signal } from "@preact/signals-core";
import { type Attachment, idsOf, readAttachments } from "../../api/attachments.ts";
import { DRAFT_BYTES, type Draft, type Written } from "../../api/drafts.ts";
import { ApiProblem, isRecord } from "../../api/problem.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";
import { byteLength } from "./attachments.ts";

/** What keeping a draft needs from outside. */
export interface DraftPorts {
  readonly get: () => Promise<Draft>;
  /** Raises `ApiProblem` 412 when the draft was changed since the revision. */
  readonly put: (written: Written, revision: string) => Promise<Draft>;
  readonly texts: KeyedTexts;
  /** The images that are uploaded for the next message. */
  readonly attachments: () => readonly Attachment[];
  /** Show what was written on another screen. */
  readonly show: (written: Written) => void;
}

const SAVE_MS = 600;
/** The draft of a session that is being deleted changes too: by then the page has left. */
const LOOK_MS = 150;
const EMPTY: Written = { text: "", attachments: [] };
const NOTHING: Draft = { ...EMPTY, revision: "0" };
const GONE: readonly number[] = [404, 405, 501];

/**
 * Keeps the draft of one session the same on all screens of a person, through breaks and reloads.
 *
 * What is written here is kept here at once, and given to the hub a little later. What comes from another screen is shown while
 * nothing was written here since the two were last the same; else `other` tells of it, and the person chooses.
 */
export class DraftSync {
  /** A draft of another screen that differs from what was written here. */
  readonly other = signal<Draft | undefined>(undefined);
  readonly #textKey: string;
  readonly #baseKey: string;
  readonly #ports: DraftPorts;
  /** What the hub had when this screen last agreed with it. */
  #base: Draft;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | undefined;
  #isAskedAgain = false;
  /** Whether the hub's draft is known as of now, as far as it was told. */
  #hasMet = false;
  #isOff = false;

  constructor(sessionId: string, ports: DraftPorts) {
    this.#textKey = `draft.${sessionId}`;
    this.#baseKey = `draft-base.${sessionId}`;
    this.#ports = ports;
    this.#base = readBase(ports.texts.get(this.#baseKey));
  }

  /** The revision a message that is sent now was written from. */
  get revision(): string | undefined {
    return this.#base.revision === NOTHING.revision ? undefined : this.#base.revision;
  }

  /** Learn that the person wrote, or attached: the text is kept under `draft.<session>` already. */
  wrote(): void {
    clearTimeout(this.#timer);
    if (!this.#isOff) this.#timer = setTimeout(() => void this.#work(), SAVE_MS);
  }

  /** Learn that all of it was sent: the hub clears its draft with the message. */
  sent(): void {
    clearTimeout(this.#timer);
    this.other.value = undefined;
    this.#agreeOn({ ...this.#base, ...EMPTY });
  }

  /** Learn of a change of the hub's draft; one that is known means nothing. */
  changed(revision: unknown): void {
    const isNews = !isRevision(revision) || compareRevisions(revision, asRevision(this.#base.revision)) > 0;
    clearTimeout(this.#look);
    if (isNews && !this.#isOff) this.#look = setTimeout(() => void this.check(), LOOK_MS);
  }

  /** Compare with the hub and do what is due. */
  check(): Promise<void> {
    this.#hasMet = false;
    return this.#work();
  }

  /** One at a time: asked again meanwhile, it is done once more. */
  #work(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isOff) return Promise.resolve();
    if (this.#working) this.#isAskedAgain = true;
    this.#working ??= this.#checkAll();
    return this.#working;
  }

  /** Take the draft of the other screen instead of what was written here. */
  takeOther(): void {
    const other = this.other.peek();
    if (!other) return;
    this.other.value = undefined;
    this.#take(other);
  }

  /** Keep what was written here, in place of the draft of the other screen. */
  keepMine(): void {
    const other = this.other.peek();
    if (!other) return;
    this.other.value = undefined;
    this.#agreeOn(other);
    void this.#work();
  }

  /** Do nothing more; what was not given to the hub is for the next time. */
  close(): void {
    this.#isOff = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#look);
  }

  async #checkAll(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      try {
        if (!this.#hasMet) this.#meet(await this.#ports.get());
        await this.#save();
      } catch (error) {
        this.#failed(error);
      }
    } while (this.#isAskedAgain && !this.#isOff);
    this.#working = undefined;
  }

  /** Bring together what the hub has and what was written here. */
  #meet(theirs: Draft): void {
    this.#hasMet = true;
    const mine = this.#mine;
    const isTheirsNew = theirs.revision !== this.#base.revision && !isSame(theirs, this.#base);
    const isMineNew = !isSame(mine, this.#base);
    const isApart = isTheirsNew && isMineNew && !isSame(theirs, mine) && !isSame(theirs, EMPTY);
    this.other.value = isApart ? theirs : undefined;
    if (isApart) return;
    if (isTheirsNew && !isMineNew) this.#take(theirs);
    else this.#agreeOn(theirs);
  }

  async #save(): Promise<void> {
    const mine = this.#mine;
    if (this.other.peek() || isSame(mine, this.#base) || byteLength(mine.text) > DRAFT_BYTES) return;
    this.#agreeOn(await this.#ports.put(mine, this.#base.revision));
    if (!isSame(this.#mine, mine)) this.wrote();
  }

  #failed(error: unknown): void {
    if (!(error instanceof ApiProblem)) throw error;
    const { status } = error.problem;
    this.#hasMet = false;
    if (status === 412) this.#isAskedAgain = true;
    else if (GONE.includes(status)) this.#isOff = true;
  }

  #take(draft: Draft): void {
    this.#ports.show(draft);
    this.#agreeOn(draft);
  }

  #agreeOn(draft: Draft): void {
    this.#base = draft;
    const isNothing = isSame(draft, EMPTY) && draft.revision === NOTHING.revision;
    this.#ports.texts.set(this.#baseKey, isNothing ? "" : JSON.stringify(draft));
  }

  get #mine(): Written {
    return { text: this.#ports.texts.get(this.#textKey), attachments: this.#ports.attachments() };
  }
}

function isSame(one: Written, other: Written): boolean {
  return one.text === other.text && idsOf(one.attachments).join() === idsOf(other.attachments).join();
}

function readBase(stored: string): Draft {
  try {
    const value: unknown = JSON.parse(stored || "null");
    if (!isRecord(value)) return NOTHING;
    const { text, revision } = value;
    const attachments = readAttachments(value.attachments);
    return typeof text === "string" && isRevision(revision) ? { text, attachments, revision } : NOTHING;
  } catch {
    return NOTHING;
  }
}

function asRevision(text: string): Parameters<typeof compareRevisions>[0] {
  return isRevision(text) ? text : ("0" as Parameters<typeof compareRevisions>[0]);
}
