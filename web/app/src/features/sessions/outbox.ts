import { signal } from "@preact/signals-core";
import { type Attachment, readAttachments } from "../../api/attachments.ts";
import type { Sending } from "../../api/messages.ts";
import { ApiProblem, isRecord, type Problem, problemOf } from "../../api/problem.ts";
import type { KeyedTexts } from "../../state/keyed_texts.ts";

/** A message that the stream has not shown yet. */
export interface OutboxItem {
  readonly clientToken: string;
  readonly content: string;
  readonly attachments?: readonly Attachment[];
  /** `sending` until the hub has stored it, then `stored`; `refused` when it never will be as it is. */
  readonly status: "sending" | "stored" | "refused";
  readonly problem?: Problem;
  /** Whether it was given to the hub, which may have stored it although no answer came. */
  readonly wasTried?: boolean;
  /** The revision of the draft that it was. */
  readonly draftRevision?: string;
}

/** What an outbox needs from outside. */
export interface OutboxPorts {
  readonly send: (content: string, sending: Sending) => Promise<unknown>;
  /** Whether it is worth trying; always if not given. */
  readonly isReachable?: () => boolean;
  readonly newToken: () => string;
  readonly texts: KeyedTexts;
}

const RETRY_MS = 3_000;

/** Keeps the unsent messages of one session, over reloads too, and sends them in order, each exactly once. */
export class Outbox {
  readonly items = signal<readonly OutboxItem[]>([]);
  readonly #key: string;
  readonly #ports: OutboxPorts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  #isClosed = false;

  constructor(sessionId: string, ports: OutboxPorts) {
    this.#key = `outbox.${sessionId}`;
    this.#ports = ports;
    this.items.value = readItems(ports.texts.get(this.#key));
  }

  /** Take a message and send it as soon as it can be. */
  add(content: string, more: Omit<Sending, "clientToken"> = {}): void {
    const clientToken = this.#ports.newToken();
    this.#update([...this.items.peek(), { clientToken, content, status: "sending", ...more }]);
    this.hurry();
  }

  /** Send what waits, now. */
  hurry(): void {
    clearTimeout(this.#timer);
    if (this.#isSending || this.#isClosed || this.#ports.isReachable?.() === false) return;
    void this.#sendAll();
  }

  /** Forget the messages the stream has shown. */
  settle(clientTokens: ReadonlySet<string>): void {
    const left = this.items.peek().filter((item) => !clientTokens.has(item.clientToken));
    if (left.length !== this.items.peek().length) this.#update(left);
  }

  /** Send a message that was refused for its images again, without them. */
  sendWithoutImages(clientToken: string): void {
    const refused = this.items.peek().find((known) => known.clientToken === clientToken);
    if (!refused) return;
    const { attachments: _attachments, problem: _problem, ...item } = refused;
    this.#put({ ...item, status: "sending" });
    this.hurry();
  }

  /** Forget one message; returns it. */
  withdraw(clientToken: string): OutboxItem | undefined {
    const item = this.items.peek().find((known) => known.clientToken === clientToken);
    this.#update(this.items.peek().filter((known) => known !== item));
    return item;
  }

  /** Stop sending; what was not sent, or of which no answer has come yet, stays for the next time. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let item = this.#next(); item && !this.#isClosed; item = this.#next()) {
      this.#put({ ...item, wasTried: true });
      const outcome = await this.#send(item);
      if (!outcome || this.#isClosed) break;
      this.#put(outcome);
    }
    this.#isSending = false;
  }

  async #send(item: OutboxItem): Promise<OutboxItem | undefined> {
    try {
      const { content, clientToken, draftRevision, attachments } = item;
      await this.#ports.send(content, {
        clientToken,
        ...(draftRevision !== undefined && { draftRevision }),
        ...(attachments && { attachments }),
      });
      return { ...item, status: "stored" };
    } catch (error) {
      if (error instanceof ApiProblem && !error.isTransient && error.problem.status !== 401) {
        return { ...item, status: "refused", problem: error.problem };
      }
      this.#waitAfter(problemOf(error));
      return undefined;
    }
  }

  #waitAfter(problem: Problem): void {
    if (this.#isClosed) return;
    const delay = problem.retryAfter === undefined ? RETRY_MS : problem.retryAfter * 1000;
    this.#timer = setTimeout(() => this.hurry(), delay);
  }

  #put(item: OutboxItem): void {
    const isIt = (known: OutboxItem): boolean => known.clientToken === item.clientToken;
    this.#update(this.items.peek().map((known) => (isIt(known) ? item : known)));
  }

  #next(): OutboxItem | undefined {
    return this.items.peek().find((item) => item.status === "sending");
  }

  #update(items: readonly OutboxItem[]): void {
    this.items.value = items;
    const unsent = items.filter((item) => item.status !== "stored");
    const kept = unsent.map(({ status: _status, problem: _problem, ...item }) => item);
    this.#ports.texts.set(this.#key, kept.length ? JSON.stringify(kept) : "");
  }
}

function readItems(stored: string): OutboxItem[] {
  try {
    const value: unknown = JSON.parse(stored || "[]");
    return Array.isArray(value) ? value.filter(isStored).map(readItem) : [];
  } catch {
    return [];
  }
}

function readItem({ attachments, ...item }: Omit<OutboxItem, "status">): OutboxItem {
  const images = readAttachments(attachments);
  return { ...item, status: "sending", ...(images.length > 0 && { attachments: images }) };
}

function isStored(value: unknown): value is Omit<OutboxItem, "status"> {
  return isRecord(value) && typeof value.clientToken === "string" && typeof value.content === "string";
}
