const HIDDEN_MS = 100;
const CHEAP_MS = 12;
const LONGEST_REST_MS = 1_000;

/**
 * Runs work before the next picture, and rests after work that was slow to show, so that a page busy with a very long answer
 * still answers its reader.
 */
export class PicturePace {
  #rest = 0;

  /** Run once, soon. A page in the background gets no pictures, but its work must go on. */
  readonly schedule = (run: () => void): void => {
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else if (this.#rest > 0) setTimeout(() => this.#runBeforePicture(run), this.#rest);
    else this.#runBeforePicture(run);
  };

  #runBeforePicture(run: () => void): void {
    requestAnimationFrame(() => {
      const began = performance.now();
      run();
      setTimeout(() => {
        const spent = performance.now() - began;
        this.#rest = spent < CHEAP_MS ? 0 : Math.min(LONGEST_REST_MS, 3 * spent);
      });
    });
  }
}
