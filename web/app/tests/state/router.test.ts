import { beforeEach, describe, expect, it } from "vitest";
import { takeCode } from "../../src/shell/login_code.ts";
import { Router, readRoute, sessionPath } from "../../src/state/router.ts";

describe("routes", () => {
  it.each([
    ["/", { name: "list" }],
    ["/new", { name: "new" }],
    ["/sessions/018f", { name: "session", id: "018f" }],
    ["/sessions/", { name: "list" }],
    ["/sessions/a/b", { name: "list" }],
    ["/sessions/%", { name: "session", id: "%" }],
    ["/elsewhere", { name: "list" }],
  ])("%s", (path, route) => {
    expect(readRoute(path)).toEqual(route);
  });

  it("give back the id they were made from", () => {
    expect(readRoute(sessionPath("a/b c%"))).toEqual({ name: "session", id: "a/b c%" });
  });

  it("change with the address", () => {
    const router = new Router();
    router.go("/sessions/1");
    expect(router.route.value).toEqual({ name: "session", id: "1" });
    expect(location.pathname).toBe("/sessions/1");
  });
});

describe("the login code", () => {
  beforeEach(() => history.replaceState(null, "", "/"));

  it("is taken from the fragment, which is then gone", () => {
    history.replaceState(null, "", "/#code=secret");
    expect(takeCode()).toBe("secret");
    expect(location.href).not.toContain("secret");
    expect(takeCode()).toBeUndefined();
  });

  it("is never taken from the query", () => {
    history.replaceState(null, "", "/?code=secret&token=secret&gatewayUrl=ws://example.org");
    expect(takeCode()).toBeUndefined();
  });
});
