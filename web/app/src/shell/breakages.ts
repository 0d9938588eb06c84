import type { Hub } from "../state/hub.ts";
import { shellWords } from "./words.ts";

/** Hears what nothing in the page caught, and says in which room it broke. The browser's console keeps the details. */
export class Breakages {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Listen. */
  watch(): void {
    window.addEventListener("error", this.#onError);
    window.addEventListener("unhandledrejection", this.#onRejection);
  }

  /** Listen no more. */
  ignore(): void {
    window.removeEventListener("error", this.#onError);
    window.removeEventListener("unhandledrejection", this.#onRejection);
  }

  readonly #onError = (event: ErrorEvent): void => {
    if (event.error) this.#tell(event.error);
  };

  readonly #onRejection = (event: PromiseRejectionEvent): void => this.#tell(event.reason);

  #tell(error: unknown): void {
    const { features, router, notices } = this.#hub;
    const path = router.path.peek();
    const name = features.match(path)?.feature.name ?? features.ownerOf(path)?.name ?? "Atrium";
    notices.fail(shellWords().featureFailed(name), error);
  }
}
