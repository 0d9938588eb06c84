import { ProtocolError } from "./errors";
import { parseObject } from "./messages";
import type { OnError } from "./ports";
import { compareRevisions, parseRevision, type Revision, ZERO_REVISION } from "./revision";

/** A place in a stream: like revisions, a canonical decimal u64 string. */
export type Offset = Revision;

/** What every entry of a stream carries; the rest is the application's. */
export type StreamEntry = {
  type: string;
  /** Its own place. */
  offset: Offset;
  /** The place of the durable entry before it: `"0"` at the beginning; for a delta, the durable entry it follows. */
  prev: Offset;
};

/** Why a stream cannot go on. */
export type StreamGap = {
  /** `missed`: entries between the cursor and this one are absent. `rewound`: the source knows less than we have seen. */
  reason: "missed" | "rewound";
  /** The last durable entry that was delivered: subscribe again after it. */
  cursor: Offset;
  /** The offset of the entry that showed the gap, and the predecessor it named. */
  offset: Offset;
  prev: Offset;
};

/** What became of an entry. */
export type Verdict = "delivered" | "stale" | "gap" | "invalid";

/** What `createStreamFollower` takes. */
export type StreamFollowerOptions<E extends StreamEntry> = {
  /** Where to go on: the offset of the last entry the application has; `"0"` (default) is the beginning. */
  cursor?: string;
  /** Takes the next durable entry: each exactly once, in order. If it throws, the entry counts as not delivered. */
  onEntry: (entry: E) => void;
  /** Takes a delta: at most once, in order; may be missing, the completed entry has the truth. */
  onHint?: (entry: E) => void;
  /** Called once per gap: refetch, or subscribe again after `follower.resume()`. */
  onGap: (gap: StreamGap) => void;
  /** Hears of malformed entries (`phase: "protocol"`), which are ignored: the next good one shows the gap. */
  onError?: OnError;
  /** Tells deltas from durable entries; by default a type that ends in `.delta.v<number>` is a delta. */
  isHint?: (entry: E) => boolean;
};

/** Follows one stream, whatever the transport, and proves that nothing is missing and nothing comes twice. */
export interface StreamFollower {
  /** The offset of the last durable entry delivered: what to keep, and what to ask for entries after. */
  readonly cursor: Offset;
  /** Take an entry as it arrived. */
  accept(entry: unknown): Verdict;
  /** Say that a new subscription begins; returns the cursor to ask for: `after=<cursor>`. */
  resume(): Offset;
  /** Go on from elsewhere, after `stream:reset`, `CURSOR_RESET` or a refetch. */
  reset(cursor: string): void;
}

/** Make a follower. Throws `ProtocolError` when the cursor is not an offset. */
export function createStreamFollower<E extends StreamEntry = StreamEntry>(
  options: StreamFollowerOptions<E>,
): StreamFollower {
  return new Follower(options);
}

const DELTA_TYPE = /\.delta\.v\d+$/;

class Follower<E extends StreamEntry> implements StreamFollower {
  cursor: Offset = ZERO_REVISION;
  /** The newest offset seen, deltas included. */
  private seen: Offset = ZERO_REVISION;
  /** Whether the cursor is known to be a durable entry's; one given from outside may lie inside deltas. */
  private anchored = true;
  private broken = false;

  constructor(private readonly options: StreamFollowerOptions<E>) {
    this.reset(options.cursor ?? ZERO_REVISION);
  }

  accept(payload: unknown): Verdict {
    let entry: E;
    try {
      entry = parseEntry<E>(payload);
    } catch (error) {
      this.options.onError?.({ phase: "protocol", error, sourceEvent: payload });
      return "invalid";
    }
    return this.isHint(entry) ? this.acceptHint(entry) : this.acceptDurable(entry);
  }

  resume(): Offset {
    this.broken = false;
    return this.cursor;
  }

  reset(cursor: string): void {
    this.cursor = this.seen = parseRevision(cursor);
    this.anchored = cursor === ZERO_REVISION;
    this.broken = false;
  }

  private acceptDurable(entry: E): Verdict {
    if (compareRevisions(entry.offset, this.cursor) <= 0) return "stale";
    const order = this.order(entry);
    if (order !== 0) return this.gap(entry, order > 0 ? "missed" : "rewound");
    this.options.onEntry(entry);
    this.cursor = entry.offset;
    if (compareRevisions(entry.offset, this.seen) > 0) this.seen = entry.offset;
    this.anchored = true;
    this.broken = false;
    return "delivered";
  }

  private acceptHint(entry: E): Verdict {
    const order = this.order(entry);
    if (order > 0) return this.gap(entry, "missed");
    if (order < 0 || compareRevisions(entry.offset, this.seen) <= 0) return "stale";
    this.options.onHint?.(entry);
    this.seen = entry.offset;
    return "delivered";
  }

  /** Compare the predecessor an entry names with the cursor: after it something is missing, before it we know too much. */
  private order(entry: E): number {
    const order = compareRevisions(entry.prev, this.cursor);
    return order < 0 && !this.anchored ? 0 : order;
  }

  private gap(entry: E, reason: StreamGap["reason"]): Verdict {
    if (!this.broken) {
      this.broken = true;
      this.options.onGap({ reason, cursor: this.cursor, offset: entry.offset, prev: entry.prev });
    }
    return "gap";
  }

  private isHint(entry: E): boolean {
    return this.options.isHint?.(entry) ?? DELTA_TYPE.test(entry.type);
  }
}

function parseEntry<E extends StreamEntry>(payload: unknown): E {
  const raw = parseObject(payload, "a stream entry is an object with type, offset and prev");
  parseRevision(raw.offset);
  parseRevision(raw.prev);
  if (typeof raw.type !== "string") throw new ProtocolError("the type of a stream entry is not a string");
  return raw as E;
}
