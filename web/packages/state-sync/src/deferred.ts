/** A promise that is settled from outside, and that may have no reader: its rejection is never "unhandled". */
export class Deferred {
  readonly promise: Promise<void>;
  settled = false;
  private accept!: () => void;
  private decline!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise<void>((resolve, reject) => {
      this.accept = resolve;
      this.decline = reject;
    });
    this.promise.catch(() => undefined);
  }

  resolve(): void {
    this.settled = true;
    this.accept();
  }

  reject(reason: unknown): void {
    this.settled = true;
    this.decline(reason);
  }
}
