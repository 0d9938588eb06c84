import { vi } from "vitest";

type Sent = { type: string; id?: string; payload: Record<string, unknown> };

/** A socket without a network: the test plays the other side. */
export class FakeSocket {
  readonly OPEN = 1;
  readyState = 0;
  readonly sent: Sent[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly ticket: string) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Sent);
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(type: string, payload: Record<string, unknown> = {}, id?: string): void {
    this.onmessage?.({ data: JSON.stringify({ type, payload, ...(id && { id }) }) });
  }

  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  /** Answer every question that is open. */
  acknowledge(): void {
    for (const { id } of this.sent) if (id) this.say("ack", {}, id);
  }

  payloads(type: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.type === type).map((frame) => frame.payload);
  }
}

/** The sockets and tickets of one test. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  ticketProblem: unknown;
  #tickets = 0;

  readonly ports = {
    getTicket: async (): Promise<string> => {
      if (this.ticketProblem) throw this.ticketProblem;
      return `ticket-${++this.#tickets}`;
    },
    openSocket: (ticket: string): WebSocket => {
      const socket = new FakeSocket(ticket);
      this.sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: (): number => 0.5,
    now: (): number => Date.now(),
  };

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
}

/** Let what is due now happen, without time passing. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}
