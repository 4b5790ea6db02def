import type { RenderBudget } from "../evaluation/render-budget.ts";

/** Collects text and counts it: a value that contains itself many times over is stopped while it is printed, not after. */
export class TextSink {
  readonly budget: RenderBudget;
  #text = "";

  constructor(budget: RenderBudget) {
    this.budget = budget;
  }

  write(text: string): void {
    this.budget.step();
    this.budget.text(text.length);
    this.#text += text;
    if (this.#text.length > this.budget.limits.maxOutputChars) this.budget.text(this.#text.length);
  }

  toString(): string {
    return this.#text;
  }
}
