import { render } from "lit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readProblem } from "../../../src/api/problem.ts";
import type { Turn } from "../../../src/features/sessions/conversation.ts";
import { renderRow } from "../../../src/features/sessions/session_row.ts";
import { renderTurn, type TurnContext } from "../../../src/features/sessions/turn_view.ts";
import { session } from "./session_fixture.ts";

const ask = vi.fn();
const CONTEXT: TurnContext = {
  sessionId: "s1",
  agent: "Local model",
  now: 0,
  isLast: true,
  isLive: true,
  isBusy: false,
  isWaitedFor: false,
  isPreparing: false,
  isFirstUnread: false,
  mayAskAgain: false,
  asked: 0,
  ask,
  nameOf: (id: string) => id,
  opened: { has: () => false, toggle: () => undefined },
  type: { colours: { show: () => undefined }, math: { show: () => undefined } },
} as unknown as TurnContext;

function turn(more: Partial<Turn>): Turn {
  const message = { id: "m1", content: "a long story", at: "2030-01-01T12:00:00.000Z", offset: "1" };
  return { id: "t1", status: "failed", parts: [], message, ...more } as unknown as Turn;
}

function shown(template: unknown): HTMLElement {
  const place = document.createElement("div");
  render(template, place);
  return place;
}

afterEach(() => ask.mockClear());

describe("a turn that failed", () => {
  it("is tried again where that may help", () => {
    const problem = readProblem({ code: "PROVIDER_CRASHED", title: "Crashed", detail: "signal 9" });
    const place = shown(renderTurn(turn({ problem }), CONTEXT));
    place.querySelector<HTMLElement>('[data-testid="retry"]')?.click();
    expect(ask).toHaveBeenCalledWith("retry");
  });

  it("is edited where the same words can only fail again", () => {
    const actions = [{ id: "edit_message", label: "Edit the message" }];
    const problem = readProblem({
      code: "MESSAGE_TOO_LONG",
      title: "Too long",
      detail: "900 tokens",
      actions,
    });
    const place = shown(renderTurn(turn({ problem }), CONTEXT));
    expect(place.querySelector('[data-testid="retry"]')).toBeNull();
    place.querySelector<HTMLElement>('[data-testid="edit-failed"]')?.click();
    expect(ask).toHaveBeenCalledWith("edit");
  });

  it("leads to a new session and to another provider where the conversation is too long for this one", () => {
    const actions = [
      { id: "switch_provider", label: "Use another provider", providerId: "large" },
      { id: "new_session", label: "Begin a new session" },
    ];
    const problem = readProblem({ code: "PROVIDER_CONTEXT", title: "Too long", detail: "9", actions });
    const place = shown(renderTurn(turn({ problem, providerId: "small" }), CONTEXT));
    expect(place.querySelector('[data-testid="retry"]')).toBeNull();
    expect(place.querySelector('[data-testid="new-session-step"]')?.getAttribute("href")).toBe("/new");
    place.querySelector<HTMLElement>('[data-testid="switch-provider"]')?.click();
    expect(ask).toHaveBeenCalledWith("switch", "large");
  });

  it("leads to where the key is set before it is tried again", () => {
    const actions = [{ id: "set_key", label: "Set the key" }];
    const problem = readProblem({ code: "PROVIDER_AUTH", title: "Refused", detail: "401", actions });
    const place = shown(renderTurn(turn({ problem, providerId: "a/b" }), CONTEXT));
    const [first, second] = place.querySelectorAll(".steps > *");
    expect(first?.getAttribute("href")).toBe("/providers/a%2Fb/key");
    expect(second?.getAttribute("data-testid")).toBe("retry");
    const nobody = shown(renderTurn(turn({ problem }), CONTEXT));
    expect(nobody.querySelector('[data-testid="set-key"]')).toBeNull();
  });
});

it("a turn that waits for a model to be read into memory says so", () => {
  const waits = turn({ status: "running" });
  expect(shown(renderTurn(waits, CONTEXT)).textContent).toContain("Waiting for Local model");
  const place = shown(renderTurn(waits, { ...CONTEXT, isPreparing: true }));
  expect(place.textContent).toContain("Local model is being read into memory");
});

it("a copy is marked in the list, in the reader's language", () => {
  const look = {
    index: 0,
    now: 0,
    text: "",
    isOpen: false,
    isSelected: false,
    isCurrent: false,
    isLive: true,
  };
  const acts = {} as Parameters<typeof renderRow>[2];
  const row = (forkedFrom?: { sessionId: string }): string =>
    shown(
      renderRow(
        session("s2", { ...(forkedFrom && { forkedFrom }) }),
        { ...look, renamedFrom: undefined, asksPerson: false },
        acts,
      ),
    ).querySelector(".copied")?.textContent ?? "";
  expect([row(), row({ sessionId: "s1" })]).toEqual(["", "copy"]);
  document.documentElement.lang = "ru";
  expect(row({ sessionId: "s1" })).toBe("копия");
  document.documentElement.lang = "en";
});
