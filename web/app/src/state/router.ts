import { computed, signal } from "@preact/signals-core";
import { matchPath } from "./paths.ts";

/** A place of the sessions. `list` is also where a new session begins when there is room for both. */
export type Route =
  | { readonly name: "list" }
  | { readonly name: "new" }
  | { readonly name: "session"; readonly id: string };

/** Where the page is, in step with the address bar. */
export class Router {
  readonly path = signal(location.pathname);
  readonly route = computed<Route>(() => readRoute(this.path.value));

  /** Listen to the address bar and to links of this page inside `root`. */
  start(root: EventTarget): void {
    window.addEventListener("popstate", () => this.#read());
    root.addEventListener("click", (event) => this.#follow(event as MouseEvent));
  }

  /** Go to a path of this page. */
  go(path: string, how: "push" | "replace" = "push"): void {
    if (how === "replace") history.replaceState(null, "", path);
    else if (path !== location.pathname) history.pushState(null, "", path);
    this.#read();
  }

  #read(): void {
    this.path.value = location.pathname;
  }

  #follow(event: MouseEvent): void {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!link || !isPlain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}

/** The path of a session's page. */
export function sessionPath(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}

/** Read a route from a path; what is not known is the list. */
export function readRoute(path: string): Route {
  if (path === "/new") return { name: "new" };
  const id = matchPath(["/sessions/:id"], path)?.id;
  return id ? { name: "session", id } : { name: "list" };
}
