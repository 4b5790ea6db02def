import type { ValueMatcher } from "../matcher.ts";
import type { PatternOf } from "./pattern-of.ts";

export function compileAnd(pattern: PatternOf<"and">, operands: readonly ValueMatcher[]): ValueMatcher {
  return {
    pattern,
    matches: (value, notice) => operands.every((operand) => operand.matches(value, notice)),
    distance: (value) => operands.reduce((sum, operand) => sum + operand.distance(value), 0) / operands.length,
    describe: () => joined(operands, "AND"),
  };
}

export function compileOr(pattern: PatternOf<"or">, operands: readonly ValueMatcher[]): ValueMatcher {
  return {
    pattern,
    // What one alternative stumbles over is no news: another may match.
    matches: (value) => operands.some((operand) => operand.matches(value)),
    distance: (value) => Math.min(...operands.map((operand) => operand.distance(value))),
    describe: () => joined(operands, "OR"),
  };
}

export function compileNot(pattern: PatternOf<"not">, operand: ValueMatcher): ValueMatcher {
  const matches: ValueMatcher["matches"] = (value) => !operand.matches(value);
  return { pattern, matches, distance: (value) => (matches(value) ? 0 : 1), describe: () => operand.describe() };
}

function joined(operands: readonly ValueMatcher[], word: string): string {
  return operands.map((operand) => `${operand.pattern.kind} ${operand.describe()}`).join(` ${word} `);
}
