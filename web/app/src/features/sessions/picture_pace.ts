const HIDDEN_MS = 100;
const PICTURE_MS = 1_000 / 60;
const CHEAP_MS = 12;
const LONGEST_REST_MS = 1_000;

/**
 * Runs work so that the next picture shows it, and rests after work that is slow to show, so that a page busy with a very long
 * answer still answers its reader.
 */
export class PicturePace {
  #rest = 0;
  #ranAt = Number.NEGATIVE_INFINITY;
  #spent = 0;

  /**
   * Run once, soon: at once where the last picture has shown all there was, so that only drawing is left to do in the next.
   * A page in the background gets no pictures, but its work must go on.
   */
  readonly schedule = (run: () => void): void => {
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else if (this.#rest > 0) setTimeout(() => this.#runBeforePicture(run), this.#rest);
    else if (performance.now() - this.#ranAt >= PICTURE_MS) queueMicrotask(() => this.#run(run));
    else this.#runBeforePicture(run);
  };

  #runBeforePicture(run: () => void): void {
    requestAnimationFrame(() => this.#run(run));
  }

  #run(run: () => void): void {
    const began = performance.now();
    this.#ranAt = began;
    run();
    setTimeout(() => this.#note(performance.now() - began));
  }

  /** A long answer is slow every time; what was slow once was held up by something else, and no reason to rest. */
  #note(spent: number): void {
    const steady = Math.min(spent, this.#spent);
    this.#spent = spent;
    this.#rest = steady < CHEAP_MS ? 0 : Math.min(LONGEST_REST_MS, 3 * steady);
  }
}
