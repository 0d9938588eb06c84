import {
  createStreamFollower,
  type Offset,
  type StreamEntry,
  type StreamFollower,
  type StreamFollowerOptions,
  type StreamGap,
} from "@atrium/state-sync";
import type { HubProblem } from "./errors";
import { fields } from "./frames";

/** What `connection.follow` takes. */
export type FollowOptions<E extends StreamEntry> = Omit<StreamFollowerOptions<E>, "cursor" | "onGap"> & {
  /** The offset to go on after: `"0"` (default) is the beginning, null is from now on. */
  cursor?: string | null;
  /**
   * The history is not the one the cursor is from (it was restored, or entries are gone): show it from the beginning. The
   * stream is followed no more.
   */
  onReset: (reason: string) => void;
  /** The hub does not give the stream: there is none, or it is not ours. It is followed no more. */
  onRefused?: (problem: HubProblem) => void;
};

/** What a followed stream needs of the connection. */
export interface StreamHost {
  /** Subscribe the stream again, from its cursor. */
  again(stream: Stream): void;
  /** Follow the stream no more. */
  drop(stream: Stream): void;
}

/** One followed stream, over any number of connections. */
export class Stream {
  private readonly follower: StreamFollower;
  private fromNow: boolean;
  private attached = false;
  private stuckAt: Offset | undefined;

  constructor(
    readonly name: string,
    private readonly options: FollowOptions<StreamEntry>,
    private readonly host: StreamHost,
  ) {
    this.fromNow = options.cursor === null;
    const { cursor, onReset: _, onRefused: __, ...rest } = options;
    this.follower = createStreamFollower({ ...rest, cursor: cursor ?? "0", onGap: (gap) => this.mend(gap) });
  }

  /** The offset of the last durable entry delivered. */
  get cursor(): Offset {
    return this.follower.cursor;
  }

  /** Say that a subscription is asked for; returns the cursor to ask with. Until its answer, what comes is not its. */
  begin(): Offset | null {
    this.attached = false;
    return this.fromNow ? null : this.follower.resume();
  }

  /** Take the answer to the subscription: the hub's head of the stream. */
  attach(head: unknown): void {
    if (this.fromNow && typeof head === "string") {
      this.follower.reset(head);
      this.fromNow = false;
    }
    this.attached = true;
  }

  /** Note that the connection is lost. */
  detach(): void {
    this.attached = false;
  }

  /** Take an entry as it arrived. */
  receive(entry: unknown): void {
    if (this.attached) this.follower.accept(entry);
  }

  /** End because the hub said `stream:reset`. */
  reset(reason: string): void {
    this.host.drop(this);
    this.options.onReset(reason);
  }

  /** End because the hub declined. */
  refuse(problem: HubProblem): void {
    this.host.drop(this);
    if (problem.code === "CURSOR_RESET") this.options.onReset(problem.detail);
    else this.options.onRefused?.(problem);
  }

  private mend(gap: StreamGap): void {
    // Asked again from this very place the hub still leaves something out: its history is another one now.
    if (gap.reason === "rewound" || this.stuckAt === gap.cursor) {
      this.reset(gap.reason);
      return;
    }
    this.stuckAt = gap.cursor;
    this.attached = false;
    this.host.again(this);
  }
}

/** The name of the stream an entry belongs to: its CloudEvents `source`, without the slash. */
export function streamOf(entry: unknown): string {
  const { source } = fields(entry);
  return typeof source === "string" ? source.replace(/^\//, "") : "";
}
