import { Problem } from "@dojang/model";
import { expect, test } from "vitest";
import { findPrice, noPrice } from "./model-price.ts";
import { BudgetReached, Spending, spentText } from "./spending.ts";

const price = { input: 4, output: 20, from: "given" };
const call = { input: 100_000, output: 30_000 };

test("a call is allowed while the worst of it fits below the cap, and not a token more", () => {
  // 100,000 in at $4 and 30,000 out at $20 for a million: $1.00 a call.
  const spending = new Spending({ price, capUsd: 2 });
  spending.allow(call);
  spending.add(call);
  spending.allow(call);
  expect(() => spending.allow({ ...call, output: call.output + 1 })).toThrow(BudgetReached);
  spending.add(call);
  expect(() => spending.allow({ input: 1, output: 0 })).toThrow("of $2.0000 there are $0.0000 left");
  expect(spending.spent()).toMatchObject({ calls: 2, input: 200_000, output: 60_000, usd: 2, earlierUsd: 0 });
});

test("a cap of tokens needs no price", () => {
  const spending = new Spending({ capTokens: 200 });
  spending.add({ input: 60, output: 40 });
  spending.allow({ input: 50, output: 50 });
  expect(() => spending.allow({ input: 51, output: 50 })).toThrow("of 200 there are 100 left");
  expect(spending.spent()).not.toHaveProperty("usd");
});

test("what an earlier start has paid counts for the cap, and once", () => {
  const spending = new Spending({ price, capUsd: 2 });
  spending.addAnswer("one", call, { earlier: true });
  spending.addAnswer("one", call, { earlier: true });
  spending.addAnswer("two", { input: 0, output: 10_000 }, { earlier: false, uncertain: true });
  spending.addAnswer("two", { input: 0, output: 10_000 }, { earlier: true });
  expect(spending.spent()).toMatchObject({ calls: 2, usd: 1.2, earlierUsd: 1, uncertainCalls: 1 });
  expect(spentText(spending.spent())).toBe(
    "$1.2000 ($1.0000 of it paid before), 2 calls, 100000 tokens in, 40000 out; of 1 of them the most that they can have taken is counted",
  );
});

test("a price is of a model at an address, or given whole; none is guessed", () => {
  const none = { input: undefined, output: undefined };
  expect(findPrice({ host: "api.anthropic.com", model: "claude-opus-5-5", given: none })).toMatchObject({ input: 4, output: 20 });
  expect(findPrice({ host: "api.anthropic.com", model: "claude-opus-5-6", given: none })).toBeUndefined();
  expect(findPrice({ host: "127.0.0.1:11434", model: "claude-opus-5-5", given: none })).toBeUndefined();
  expect(findPrice({ host: "constructor", model: "toString", given: none })).toBeUndefined();
  expect(findPrice({ host: "127.0.0.1:11434", model: "x", given: { input: 0, output: 0 } })).toEqual({
    input: 0,
    output: 0,
    from: "given",
  });
  expect(() => findPrice({ host: "x", model: "x", given: { input: 1 } })).toThrow("only --price-in is given");
  const problem = noPrice({ host: "api.anthropic.com", model: "claude-opus-5-6", given: none });
  expect(problem).toBeInstanceOf(Problem);
  expect(problem.fix).toMatch(/did you mean claude-opus-5-5\?.*--price-in.*--budget-tokens/);
});
