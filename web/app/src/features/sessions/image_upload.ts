import { signal } from "@preact/signals-core";
import {
  type Attachment,
  addressOf,
  IMAGE_BYTES,
  readAttachments,
  uploadAttachment,
} from "../../api/attachments.ts";
import { ApiProblem, problemOf } from "../../api/problem.ts";
import { problemText } from "../../language/problems.ts";
import { randomId } from "../../state/random_id.ts";
import { sizeWords } from "./attachments.ts";
import type { Prepared } from "./image_scaling.ts";
import { imageWords } from "./image_words.ts";
import type { WaitingFile, WaitingFiles } from "./waiting_files.ts";

/** An image that the browser cannot read. */
export class UnreadableImage extends Error {}

/** An image that goes with the next message. */
export interface TrayImage {
  readonly key: string;
  readonly name: string;
  /** `held`: it can be sent as soon as there is a session to send it to. */
  readonly status: "waiting" | "preparing" | "held" | "uploading" | "ready" | "failed";
  /** How much of it was uploaded, from 0 to 1. */
  readonly progress: number;
  /** The address of a small picture of it, once there is one. */
  readonly preview?: string;
  readonly attachment?: Attachment;
  readonly problem?: string;
  /** Whether the same upload may succeed later. */
  readonly mayRetry?: boolean;
}

/** What a tray needs from outside. */
export interface TrayPorts {
  /** Raises `UnreadableImage`. */
  readonly prepare: (file: File) => Promise<Prepared>;
  /** Raises `ApiProblem`. */
  readonly upload: typeof uploadAttachment;
  readonly newKey: () => string;
  /** Keep the images that are uploaded. */
  readonly keep: (attachments: readonly Attachment[]) => void;
  /** Keeps the others, if they are to outlive the page. */
  readonly waiting?: WaitingFiles;
}

/** The ports of a tray in the page, but for where it is kept. */
export const TRAY_PORTS: Omit<TrayPorts, "keep" | "waiting"> = {
  prepare: async (file) => (await import("./image_scaling.ts")).prepareImage(file),
  upload: uploadAttachment,
  newKey: randomId,
};

interface Source {
  readonly file: File;
  readonly abort: AbortController;
  prepared?: Prepared;
}

const UNDER_WAY: readonly string[] = ["waiting", "preparing", "uploading"];

/**
 * Keeps the images of the next message and uploads them, one after the other: large ones side by side would fill a phone's
 * memory. Without a session they are made ready and held until `begin`.
 */
export class ImageTray {
  readonly images = signal<readonly TrayImage[]>([]);
  readonly #ports: TrayPorts;
  readonly #sources = new Map<string, Source>();
  readonly #ownSessionId: string | undefined;
  #sessionId: string | undefined;
  #working: Promise<void> | undefined;

  /** `kept`: the images that were uploaded before. */
  constructor(sessionId: string | undefined, ports: TrayPorts, kept: readonly Attachment[] = []) {
    this.#ownSessionId = sessionId;
    this.#sessionId = sessionId;
    this.#ports = ports;
    this.images.value = kept.map((attachment) => this.#uploaded(attachment));
    // What cannot be read again is gone, as it would be without.
    ports.waiting?.read().then((files) => this.#take(files), ignore);
  }

  /** The images that are uploaded. */
  get attachments(): readonly Attachment[] {
    return this.images.value.flatMap(({ attachment }) => attachment ?? []);
  }

  /** What the images are called. */
  get names(): readonly string[] {
    return this.images.peek().map(({ name }) => name);
  }

  /** Whether images are still on their way. */
  get isUnderWay(): boolean {
    return this.images.value.some(({ status }) => UNDER_WAY.includes(status));
  }

  /** Whether there is one that could not be uploaded. */
  get hasFailed(): boolean {
    return this.images.value.some(({ status }) => status === "failed");
  }

  /** Take files and upload them. */
  add(files: readonly File[]): void {
    const added = files.map((file) => ({ key: this.#ports.newKey(), file }));
    this.#take(added);
    // Where the browser refuses, they live as long as the page.
    for (const one of added) this.#ports.waiting?.keep(one).catch(ignore);
  }

  /** Put images that are uploaded already in front. */
  restore(attachments: readonly Attachment[]): void {
    const known = new Set(this.attachments.map(({ attachmentId }) => attachmentId));
    const added = attachments.filter(({ attachmentId }) => !known.has(attachmentId));
    this.images.value = [...added.map((one) => this.#uploaded(one)), ...this.images.peek()];
    this.#keep();
  }

  /** Show other uploaded images instead, such as those of another screen. */
  replace(attachments: readonly Attachment[]): void {
    const known = this.images.peek();
    const of = ({ attachmentId }: Attachment): TrayImage | undefined =>
      known.find(({ attachment }) => attachment?.attachmentId === attachmentId);
    const shown = attachments.map((attachment) => of(attachment) ?? this.#uploaded(attachment));
    this.images.value = [...shown, ...known.filter(({ attachment }) => !attachment)];
    this.#keep();
  }

  /** Leave an image out, wherever it is on its way. */
  remove(key: string): void {
    this.#forget(key);
    this.images.value = this.images.peek().filter((image) => image.key !== key);
    this.#keep();
  }

  /** Upload an image once more. */
  retry(key: string): void {
    this.images.value = this.images.peek().map((image) => (image.key === key ? fromTheStart(image) : image));
    this.#hurry();
  }

  /** Upload once more what may succeed now. */
  retryAll(): void {
    for (const { key, status, mayRetry } of this.images.peek())
      if (status === "failed" && mayRetry) this.retry(key);
  }

  /** Upload what was held to the session that was made for it. Done when all are there, or have failed. */
  async begin(sessionId: string): Promise<void> {
    const isSame = sessionId === this.#sessionId;
    this.#sessionId = sessionId;
    this.images.value = this.images
      .peek()
      .map((image) => (isSame && image.status === "ready" ? image : fromTheStart(image)));
    this.#hurry();
    await this.#working;
  }

  /** Forget all images: they were taken. */
  clear(): void {
    for (const { key } of this.images.peek()) this.#forget(key);
    this.images.value = [];
    this.#sessionId = this.#ownSessionId;
    this.#keep();
  }

  #take(files: readonly WaitingFile[]): void {
    const added = files.map(({ key, file }): TrayImage => {
      this.#sources.set(key, { file, abort: new AbortController() });
      return { key, name: file.name, status: "waiting", progress: 0 };
    });
    this.images.value = [...this.images.peek(), ...added];
    this.#hurry();
  }

  #hurry(): void {
    if (this.#next()) this.#working ??= this.#workAll();
  }

  async #workAll(): Promise<void> {
    for (let image = this.#next(); image; image = this.#next()) await this.#work(image.key);
    this.#working = undefined;
  }

  #next(): TrayImage | undefined {
    return this.images.peek().find(({ status }) => status === "waiting");
  }

  async #work(key: string): Promise<void> {
    const source = this.#sources.get(key);
    if (!source) return;
    try {
      await this.#prepare(key, source);
      if (this.#sessionId === undefined) this.#put(key, { status: "held" });
      else await this.#upload(key, source, this.#sessionId);
    } catch (error) {
      if (!source.abort.signal.aborted) this.#failed(key, error);
    }
  }

  async #prepare(key: string, source: Source): Promise<void> {
    if (source.prepared) return;
    this.#put(key, { status: "preparing" });
    source.prepared = await this.#ports.prepare(source.file);
    const { name, preview } = source.prepared;
    this.#put(key, { name, preview });
  }

  async #upload(key: string, { prepared, abort }: Source, sessionId: string): Promise<void> {
    if (!prepared || abort.signal.aborted) return;
    const { image, name } = prepared;
    if (image.size > IMAGE_BYTES) throw new TooLarge(name);
    this.#put(key, { status: "uploading" });
    const onProgress = (progress: number): void => this.#put(key, { progress });
    const attachment = await this.#ports.upload(sessionId, image, name, { signal: abort.signal, onProgress });
    const isTwin = this.attachments.some(({ attachmentId }) => attachmentId === attachment.attachmentId);
    if (isTwin) this.images.value = this.images.peek().filter((known) => known.key !== key);
    else this.#put(key, { status: "ready", attachment });
    this.#keep();
    // A session that has just begun does not keep them before they are sent.
    if (this.#ownSessionId !== undefined) this.#ports.waiting?.forget(key).catch(ignore);
  }

  #failed(key: string, error: unknown): void {
    const name = this.images.peek().find((known) => known.key === key)?.name ?? "";
    this.#put(key, { status: "failed", problem: reasonOf(name, error), mayRetry: mayRetry(error) });
  }

  #forget(key: string): void {
    this.#sources.get(key)?.abort.abort();
    this.#sources.delete(key);
    this.#ports.waiting?.forget(key).catch(ignore);
  }

  #put(key: string, change: Partial<TrayImage>): void {
    this.images.value = this.images
      .peek()
      .map((known) => (known.key === key ? { ...known, ...change } : known));
  }

  #keep(): void {
    this.#ports.keep(this.attachments);
  }

  #uploaded(attachment: Attachment): TrayImage {
    const { name } = attachment;
    const preview = addressOf(this.#sessionId ?? "", attachment);
    return { key: this.#ports.newKey(), name, status: "ready", progress: 1, preview, attachment };
  }
}

/** Read the images that were kept as text. */
export function readKept(stored: string): readonly Attachment[] {
  try {
    return readAttachments(JSON.parse(stored || "[]"));
  } catch {
    return [];
  }
}

class TooLarge extends Error {}

function ignore(): void {}

function fromTheStart({ attachment: _attachment, problem: _problem, ...image }: TrayImage): TrayImage {
  return { ...image, status: "waiting", progress: 0 };
}

function mayRetry(error: unknown): boolean {
  return error instanceof ApiProblem
    ? error.isTransient
    : !(error instanceof TooLarge || error instanceof UnreadableImage);
}

function reasonOf(name: string, error: unknown): string {
  const words = imageWords();
  if (error instanceof TooLarge) return words.tooLarge(name, sizeWords(IMAGE_BYTES));
  if (error instanceof UnreadableImage) return words.unknownKind(name);
  return words.failed(name, problemText(problemOf(error)));
}
