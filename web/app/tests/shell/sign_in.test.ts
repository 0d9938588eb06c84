import { afterEach, describe, expect, it, vi } from "vitest";
import { SignIn } from "../../src/shell/sign_in.ts";

function answering(...statuses: readonly number[]): string[] {
  const sent: string[] = [];
  const left = [...statuses];
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    sent.push(JSON.parse(body).code);
    const status = left.shift() ?? 500;
    if (status === 0) throw new TypeError("no network");
    return status === 204 ? new Response(null, { status }) : new Response("{}", { status });
  });
  return sent;
}

describe("signing in by a link", () => {
  const cleared: string[] = [];
  const lastSeen = { clear: async (): Promise<void> => void cleared.push("cleared") };
  const once = (code: string): (() => string | undefined) => {
    const codes = [code];
    return () => codes.pop();
  };

  afterEach(() => {
    vi.unstubAllGlobals();
    cleared.length = 0;
  });

  it("does nothing without a code", async () => {
    const sent = answering(204);
    await new SignIn(() => undefined, lastSeen).follow();
    expect(sent).toEqual([]);
  });

  it("forgets what the login before has seen", async () => {
    answering(204);
    await new SignIn(once("abc"), lastSeen).follow();
    expect(cleared).toEqual(["cleared"]);
  });

  it("keeps a code that was not heard, and sends it again", async () => {
    const sent = answering(0, 503, 204);
    const signIn = new SignIn(once("abc"), lastSeen);
    await signIn.follow();
    expect(signIn.isStuck).toBe(true);
    await signIn.follow();
    await signIn.follow();
    expect(sent).toEqual(["abc", "abc", "abc"]);
    expect(signIn.problem.value).toBeUndefined();
  });

  it("says that a code was refused, and sends it no more", async () => {
    const sent = answering(401, 204);
    const signIn = new SignIn(once("abc"), lastSeen);
    await signIn.follow();
    await signIn.follow();
    expect(signIn.problem.value).toEqual({ kind: "refused" });
    expect(sent).toEqual(["abc"]);
  });
});
