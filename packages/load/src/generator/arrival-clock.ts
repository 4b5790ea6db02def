/**
 * When an answer came. The event loop learns at once of all connections that have something to read, and reads them one after the
 * other: what is read last was there as early as what is read first, and must not look slower for having stood behind it. So the time
 * is taken once for each round of reading, which ends with the loop's check phase, or with as many events as libuv asks for at once.
 */
export class ArrivalClock {
  #at = 0;
  #left = 0;
  readonly #over = () => {
    this.#at = 0;
  };

  /** `performance.now()` of the round. Only within a callback of reading. */
  now(): number {
    if (this.#at === 0) setImmediate(this.#over);
    if (this.#at === 0 || this.#left-- === 0) {
      this.#at = performance.now();
      this.#left = eventsAtOnce;
    }
    return this.#at;
  }
}

const eventsAtOnce = 1024;
