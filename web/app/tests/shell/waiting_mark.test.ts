import { signal } from "@preact/signals-core";
import { afterEach, describe, expect, it } from "vitest";
import type { Session } from "../../src/api/sessions.ts";
import { markWaiting } from "../../src/shell/waiting_mark.ts";

const sessions = signal<readonly Session[] | undefined>(undefined);
const count = signal(0);
let stop: () => void;

function begin(): void {
  document.title = "Garden · Atrium";
  stop = markWaiting({ approvals: { count }, sessionList: { sessions } } as unknown as Parameters<
    typeof markWaiting
  >[0]);
}

const told = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

afterEach(() => {
  stop();
  sessions.value = undefined;
  count.value = 0;
});

describe("the title", () => {
  it("says how much waits, and nothing where nothing does", () => {
    begin();
    expect(document.title).toBe("Garden · Atrium");
    count.value = 2;
    sessions.value = [{ unread: 3 }, { unread: 0 }, {}] as Session[];
    expect(document.title).toBe("(3) Garden · Atrium");
    count.value = 0;
    sessions.value = [];
    expect(document.title).toBe("Garden · Atrium");
  });

  it("goes on saying so in another room", async () => {
    count.value = 1;
    begin();
    document.title = "Approvals · Atrium";
    await told();
    expect(document.title).toBe("(1) Approvals · Atrium");
  });
});
