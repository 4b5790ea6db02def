import type { ModelPrice } from "./model-price.ts";

export interface Tokens {
  readonly input: number;
  readonly output: number;
}

export interface SpendingOptions {
  readonly price?: ModelPrice;
  /** Of all calls together, also of those that an earlier start of the same command has paid. */
  readonly capUsd?: number;
  readonly capTokens?: number;
}

export interface Spent {
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  /** Unknown when there is no price. */
  readonly usd?: number;
  /** What of it was paid by an earlier start, and cost nothing now. */
  readonly earlierUsd?: number;
  /** Calls whose end was not seen, or that did not say what they took: the most that they can have taken is in the sums. */
  readonly uncertainCalls: number;
}

/** The cap does not allow the worst that the next call can cost. */
export class BudgetReached extends Error {
  override readonly name = "BudgetReached";
}

/** What calls have taken, and whether the next one may begin: before each call with the most that it can cost, so that a cap is never passed. */
export class Spending {
  readonly #options: SpendingOptions;
  #calls = 0;
  #uncertain = 0;
  #all: Tokens = { input: 0, output: 0 };
  #earlier: Tokens = { input: 0, output: 0 };
  readonly #answers = new Set<string>();

  constructor(options: SpendingOptions) {
    this.#options = options;
  }

  /** Throws BudgetReached. */
  allow(worst: Tokens): void {
    const { price, capUsd, capTokens } = this.#options;
    const all = plus(this.#all, worst);
    if (capTokens !== undefined && all.input + all.output > capTokens)
      throw new BudgetReached(
        `the next call may take ${worst.input + worst.output} tokens, and of ${capTokens} there are ${Math.max(0, capTokens - sum(this.#all))} left`,
      );
    if (capUsd !== undefined && price !== undefined && cost(all, price) > capUsd)
      throw new BudgetReached(
        `the next call may cost ${dollars(cost(worst, price))}, and of ${dollars(capUsd)} there are ${dollars(Math.max(0, capUsd - cost(this.#all, price)))} left`,
      );
  }

  /** Of an answer, by its request's hash: told again from the records, it counts no second time. */
  addAnswer(request: string, tokens: Tokens, how: { readonly earlier?: boolean; readonly uncertain?: boolean }): void {
    if (how.earlier && this.#answers.has(request)) return;
    this.#answers.add(request);
    this.add(tokens, how);
  }

  add(tokens: Tokens, how: { readonly earlier?: boolean; readonly uncertain?: boolean; readonly calls?: number } = {}): void {
    this.#calls += how.calls ?? 1;
    this.#all = plus(this.#all, tokens);
    if (how.earlier) this.#earlier = plus(this.#earlier, tokens);
    if (how.uncertain) this.#uncertain += 1;
  }

  spent(): Spent {
    const { price } = this.#options;
    const money = price === undefined ? {} : { usd: round(cost(this.#all, price)), earlierUsd: round(cost(this.#earlier, price)) };
    return { calls: this.#calls, ...this.#all, uncertainCalls: this.#uncertain, ...money };
  }
}

/** What lies between two looks at the same spending. */
export function spentSince(before: Spent, after: Spent): Omit<Spent, "earlierUsd"> {
  return {
    calls: after.calls - before.calls,
    input: after.input - before.input,
    output: after.output - before.output,
    uncertainCalls: after.uncertainCalls - before.uncertainCalls,
    ...(after.usd === undefined ? {} : { usd: round(after.usd - (before.usd ?? 0)) }),
  };
}

export function spentText({ calls, input, output, usd, earlierUsd, uncertainCalls }: Spent): string {
  const money = usd === undefined ? "" : `${dollars(usd)}${earlierUsd ? ` (${dollars(earlierUsd)} of it paid before)` : ""}, `;
  const uncertain = uncertainCalls === 0 ? "" : `; of ${uncertainCalls} of them the most that they can have taken is counted`;
  return `${money}${calls} calls, ${input} tokens in, ${output} out${uncertain}`;
}

const cost = (tokens: Tokens, price: ModelPrice) => (tokens.input * price.input + tokens.output * price.output) / 1e6;
const plus = (one: Tokens, other: Tokens): Tokens => ({ input: one.input + other.input, output: one.output + other.output });
const sum = (tokens: Tokens) => tokens.input + tokens.output;
const round = (usd: number) => Math.round(usd * 1e6) / 1e6;
const dollars = (usd: number) => `$${usd.toFixed(4)}`;
