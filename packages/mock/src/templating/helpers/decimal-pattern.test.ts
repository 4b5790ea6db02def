import { expect, it } from "vitest";
import { BigDecimal } from "../values/big-decimal.ts";
import { JavaException } from "../values/java-exception.ts";
import { formatDecimal } from "./decimal-format.ts";
import { parseDecimalPattern } from "./decimal-pattern.ts";

const symbols = { decimal: ".", group: ",", minus: "-", percent: "%", perMille: "‰", currency: "¤" };

function format(pattern: string, value: string): string {
  const decimal = BigDecimal.parse(value);
  if (!decimal) throw new Error(`no number: ${value}`);
  return formatDecimal(decimal, parseDecimalPattern(pattern, symbols));
}

it.each([
  ["#,##0.00", "1234567.895", "1,234,567.90"],
  ["0000", "42", "0042"],
  ["#", "0", "0"],
  ["#.##", "0.5", "0.5"],
  [".##", "0.5", ".5"],
  ["0;(0)", "-7", "(7)"],
  ["0;0", "-7", "-7"],
  ["'it''s '0", "5", "it's 5"],
  ["0 '#'", "5", "5 #"],
  ["0.0%", "0.1234", "12.3%"],
  ["0.###E0", "12345", "1.234E4"],
  ["##0.##E0", "12345", "12.345E3"],
  ["0E00", "12345", "1E04"],
])("%s of %s is %s", (pattern, value, text) => {
  expect(format(pattern, value)).toBe(text);
});

it.each(["0.0.0", "0#", "'open", "0,", "0E", "0%‰", "#".repeat(2000)])("the pattern %j is refused as Java refuses it", (pattern) => {
  expect(() => format(pattern, "1")).toThrow(JavaException);
});
