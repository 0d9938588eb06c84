import type { ReactiveController, ReactiveControllerHost } from "lit";

/** What takes files that are dropped. */
export interface FileTarget {
  aim(isTarget: boolean): void;
  attach(files: readonly File[]): Promise<void>;
}

/** Lets files be dropped anywhere on an element; text and links are left to the browser. */
export class FileDrop implements ReactiveController {
  readonly #element: ReactiveControllerHost & HTMLElement;
  readonly #target: () => FileTarget | null;
  #inside = 0;

  constructor(element: ReactiveControllerHost & HTMLElement, target: () => FileTarget | null) {
    this.#element = element;
    this.#target = target;
    element.addController(this);
  }

  hostConnected(): void {
    this.#element.addEventListener("dragenter", this.#onEnter);
    this.#element.addEventListener("dragover", this.#onOver);
    this.#element.addEventListener("dragleave", this.#onLeave);
    this.#element.addEventListener("drop", this.#onDrop);
  }

  hostDisconnected(): void {
    this.#element.removeEventListener("dragenter", this.#onEnter);
    this.#element.removeEventListener("dragover", this.#onOver);
    this.#element.removeEventListener("dragleave", this.#onLeave);
    this.#element.removeEventListener("drop", this.#onDrop);
  }

  readonly #onEnter = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    this.#inside += 1;
    this.#target()?.aim(true);
  };

  readonly #onOver = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  };

  /** Crossing a child's edge leaves and enters: only the last leaving counts. */
  readonly #onLeave = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    this.#inside = Math.max(0, this.#inside - 1);
    if (this.#inside === 0) this.#target()?.aim(false);
  };

  readonly #onDrop = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    this.#inside = 0;
    const files = [...(event.dataTransfer?.files ?? [])];
    const target = this.#target();
    target?.aim(false);
    void target?.attach(files);
  };
}

function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
