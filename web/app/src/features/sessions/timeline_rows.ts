import type { Attachment } from "../../api/attachments.ts";
import { type Text, type Turn, textOf } from "./conversation.ts";
import { roomOf } from "./image_view.ts";
import type { OutboxItem } from "./outbox.ts";
import type { Row } from "./row_window.ts";
import { linesOf, shownLinesOf } from "./said_text.ts";

const LINE_PX = 24;
const HEAD_PX = 28;
const END_PX = 36;
const GAP_PX = 24;
const IMAGE_GAP_PX = 8;
const IMAGES_A_LINE = 3;
const QUIET_LINE_PX = 36;

/** The rows of a conversation: its turns, then what is not sent yet. What did not change is not looked at again. */
export class TimelineRows {
  readonly #ofTurns = new WeakMap<Turn, Row>();
  #turns: readonly Turn[] = [];
  #unsent: readonly OutboxItem[] = [];
  #rows: readonly Row[] = [];

  /** The rows, one object for as long as nothing changes. */
  of(turns: readonly Turn[], unsent: readonly OutboxItem[]): readonly Row[] {
    if (turns === this.#turns && unsent === this.#unsent) return this.#rows;
    this.#turns = turns;
    this.#unsent = unsent;
    this.#rows = [...turns.map((turn) => this.#ofTurn(turn)), ...unsent.map(rowOfUnsent)];
    return this.#rows;
  }

  #ofTurn(turn: Turn): Row {
    const known = this.#ofTurns.get(turn);
    if (known) return known;
    const row = { key: turn.id, estimate: heightOf(turn) };
    this.#ofTurns.set(turn, row);
    return row;
  }
}

function rowOfUnsent({ clientToken, content, attachments }: OutboxItem): Row {
  return { key: clientToken, estimate: heightOfSaid(content, attachments) };
}

/** How high a turn probably is before it was drawn, in pixels: close enough that the scroll bar does not jump. */
function heightOf(turn: Turn): number {
  const { message } = turn;
  const said = message ? heightOfSaid(message.content, message.attachments) : 0;
  const parts = turn.parts.map((part) => (part.kind === "message" ? heightOfProse(part) : QUIET_LINE_PX));
  return said + HEAD_PX + parts.reduce((sum, height) => sum + height, 0) + END_PX + GAP_PX;
}

function heightOfSaid(content: string, attachments: readonly Attachment[] = []): number {
  const words = content ? shownLinesOf(content) * LINE_PX : 0;
  return HEAD_PX + words + heightOfImages(attachments) + GAP_PX;
}

function heightOfImages(attachments: readonly Attachment[]): number {
  const heights = attachments.map((attachment) => roomOf(attachment, attachments.length === 1).height);
  const lines = Math.ceil(attachments.length / IMAGES_A_LINE);
  return lines * (Math.max(0, ...heights) + IMAGE_GAP_PX);
}

function heightOfProse(part: Text): number {
  return linesOf(textOf(part)) * LINE_PX;
}
