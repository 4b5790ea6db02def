/**
 * What one rendering may use up. Templates come from repositories nobody vouched for and run on the server's only thread, so
 * everything that can grow is counted here before it grows: evaluated nodes and list items, characters made, and time.
 */
export interface RenderLimits {
  readonly maxRenderMs: number;
  /** Of the text one template renders, in characters of UTF-16. */
  readonly maxOutputChars: number;
  /** Of nodes evaluated and items visited. */
  readonly maxSteps: number;
}

/** A template was stopped because it wanted more than it may have. */
export class RenderLimitError extends Error {
  override readonly name = "RenderLimitError";
}

/** Text that is made on the way to the output (assigned, joined, thrown away) may be this many times the output's limit. */
const WORKING_TEXT_FACTOR = 4;
const STEPS_BETWEEN_LOOKS = 128;

export class RenderBudget {
  readonly limits: RenderLimits;
  readonly #deadlineMs: number;
  readonly #nowMs: () => number;
  #steps = 0;
  #nextLook = STEPS_BETWEEN_LOOKS;
  #chars = 0;

  constructor(limits: RenderLimits, nowMs: () => number = () => performance.now()) {
    this.limits = limits;
    this.#nowMs = nowMs;
    this.#deadlineMs = nowMs() + limits.maxRenderMs;
  }

  /** Called for each node and each item; `count` for many at once, before they are made. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.limits.maxSteps) {
      throw new RenderLimitError(`the template takes more than ${this.limits.maxSteps} steps`);
    }
    if (this.#steps >= this.#nextLook) {
      this.#nextLook = this.#steps + STEPS_BETWEEN_LOOKS;
      this.checkTime();
    }
  }

  /** Called with the length of a text before it is made, where that is known, else right after. */
  text(length: number): void {
    this.#chars += length;
    if (length > this.limits.maxOutputChars || this.#chars > this.limits.maxOutputChars * WORKING_TEXT_FACTOR) {
      throw new RenderLimitError(`the template makes more text than ${this.limits.maxOutputChars} characters`);
    }
    // Text costs time too: a step for every 4096 characters.
    if (length >= 4096) this.step(length >>> 12);
  }

  checkTime(): void {
    if (this.#nowMs() > this.#deadlineMs) throw new RenderLimitError(`the template takes longer than ${this.limits.maxRenderMs} ms`);
  }
}
