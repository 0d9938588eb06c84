/**
 * Keeps the files of the page, so that it opens while the hub is away. Calls of the interface never pass through here: what
 * the hub says is fresh or it is not there.
 */

export {};

declare const self: ServiceWorkerGlobalScope;

/** The build writes its own name and its files here. */
const BUILD = "__BUILD__";
const FILES = "__FILES__".split(" ");

const PREFIX = "atrium-page-";
const PAGE = "/";
/** Hashed names: what is there once never changes. */
const HASHED = "/assets/";
/** Where a hub that does not answer counts as away. */
const PATIENCE_MS = 3_000;

self.addEventListener("install", (event) => event.waitUntil(keepBuild()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(HASHED)) event.respondWith(hashed(event.request));
  else if (mode === "navigate" && isPlace(pathname)) event.respondWith(fresh(event.request, PAGE));
  else if (pathname !== PAGE && FILES.includes(pathname)) event.respondWith(fresh(event.request, pathname));
});

async function keepBuild(): Promise<void> {
  const cache = await caches.open(PREFIX + BUILD);
  await cache.addAll(FILES);
  await self.skipWaiting();
}

/** Keep the build before this one too: a page of it that is still open loads the rest of its files from there. */
async function takeOver(): Promise<void> {
  const builds = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + BUILD);
  await Promise.all(builds.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function hashed(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(PREFIX + BUILD)).put(request, response.clone());
  return response;
}

/** What the hub says; what was kept under a name when it does not answer. */
async function fresh(request: Request, name: string): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.status < 500) return response;
  } catch {
    // The hub is away, which the page that is kept says better than the browser.
  }
  const cache = await caches.open(PREFIX + BUILD);
  return (await cache.match(name)) ?? Response.error();
}

function isPlace(pathname: string): boolean {
  return !pathname.startsWith("/api/") && !pathname.slice(pathname.lastIndexOf("/")).includes(".");
}
