import { type Entry, readEntry } from "../../../src/features/sessions/entry.ts";

/** Writes the entries of a session as the hub would: offsets grow, and `prev` names the durable entry before. */
export class EntryWriter {
  #offset = 1_795_000_000_000_000;
  #head = "0";

  raw(kind: string, data: Record<string, unknown>): Record<string, unknown> {
    const offset = String(++this.#offset);
    const entry = {
      specversion: "1.0",
      id: offset,
      type: `sessions.${kind}.v1`,
      source: "/sessions/s1",
      subject: "s1",
      time: "2026-11-21T12:00:00Z",
      data,
      offset,
      prev: this.#head,
    };
    if (!kind.endsWith(".delta")) this.#head = offset;
    return entry;
  }

  entry(kind: string, data: Record<string, unknown>): Entry {
    const entry = readEntry(this.raw(kind, data));
    if (!entry) throw new Error("the writer wrote what the reader cannot read");
    return entry;
  }

  said(content: string, turnId = "t1", clientToken = `token-${turnId}`): Entry {
    return this.entry("message.added", {
      messageId: `u-${turnId}`,
      turnId,
      role: "user",
      content,
      clientToken,
    });
  }

  delta(index: number, content: string, turnId = "t1", kind = "message"): Entry {
    return this.entry(`${kind}.delta`, {
      messageId: `a-${turnId}`,
      turnId,
      index,
      role: "assistant",
      content,
    });
  }

  completed(content: string, turnId = "t1", kind = "message"): Entry {
    return this.entry(`${kind}.completed`, { messageId: `a-${turnId}`, turnId, role: "assistant", content });
  }

  turn(step: string, turnId = "t1", more: Record<string, unknown> = {}): Entry {
    return this.entry(`turn.${step}`, { turnId, ...more });
  }
}
