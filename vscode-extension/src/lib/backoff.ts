/** How long to wait before the daemon is started again, so that a fault does not become a storm. */

const DELAYS = [0, 250, 1000, 2000, 5000];
/** After so long without a loss, losses are counted from the start. */
const CALM_MILLISECONDS = 60_000;
/** After so many losses in a row nothing is tried any more by itself. */
const MAX_LOSSES = 8;

export class Backoff {
  #losses = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** The milliseconds to wait after a loss at the time `now`; undefined where the user should decide. */
  next(now: number): number | undefined {
    if (now - this.#last > CALM_MILLISECONDS) this.#losses = 0;
    this.#last = now;
    this.#losses += 1;
    if (this.#losses > MAX_LOSSES) return undefined;
    return DELAYS[Math.min(this.#losses - 1, DELAYS.length - 1)];
  }

  reset(): void {
    this.#losses = 0;
  }
}
