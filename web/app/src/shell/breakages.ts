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
    this.#hub.features.onThrow = (name, error) => this.#tellOf(name, error);
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
    const { features, router } = this.#hub;
    const path = router.path.peek();
    const name = features.match(path)?.feature.name ?? features.ownerOf(path)?.name ?? "Atrium";
    this.#tellOf(name, error);
  }

  #tellOf(name: string, error: unknown): void {
    this.#hub.notices.fail(shellWords().featureFailed(name), error);
  }
}
