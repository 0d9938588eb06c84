import type { Turn } from "./conversation.ts";
import type { TurnStep } from "./turn_view.ts";

/** What a person wants done with a turn. */
export class TurnEvent extends Event {
  constructor(
    readonly step: TurnStep,
    readonly turn: Turn,
    readonly providerId?: string,
  ) {
    super("turn", { bubbles: true, composed: true });
  }
}
