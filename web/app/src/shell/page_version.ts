import { effect } from "@preact/signals-core";
import type { Hub } from "../state/hub.ts";
import { shellWords } from "./words.ts";

/** Say it when the hub serves another build of the page than the one that runs here: looked up at each (re)connection. */
export function watchPageVersion(hub: Hub, own: string): () => void {
  let isTold = false;
  const look = async (): Promise<void> => {
    const served = await servedPage();
    if (isTold || served === undefined || served.includes(own)) return;
    isTold = true;
    const words = shellWords();
    hub.notices.keep(words.newVersion, { label: words.reload, run: () => location.reload() });
  };
  return effect(() => {
    if (hub.isLive) void look();
  });
}

/** The page as the hub serves it now; `undefined` if the hub went away meanwhile: the next connection looks again. */
async function servedPage(): Promise<string | undefined> {
  try {
    const response = await fetch("/", { cache: "no-store" });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** The address of the script this page runs; its name has a hash of the build. */
export function ownScript(): string {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  return script ? new URL(script.src).pathname : "";
}

/** Keep the page's files in the browser, so that it opens while the hub is away; once the page is at rest. */
export function keepPageFiles(container: ServiceWorkerContainer | undefined): void {
  if (!container) return;
  const register = (): void =>
    void container.register("/sw.js", { updateViaCache: "none" }).catch(() => {
      // Refused in private windows and by policies: the page works, it only does not open while the hub is away.
    });
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
