import { describe, expect, it } from "vitest";
import { exactDecimal, roundDecimal } from "../helpers/rounding.ts";
import { BigDecimal } from "./big-decimal.ts";
import { JavaDouble } from "./java-double.ts";

/** Expected texts are those of Java 17. */
describe("doubles print as Double.toString prints them", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-1.5, "-1.5"],
    [0.001, "0.001"],
    [0.0009, "9.0E-4"],
    [9999999, "9999999.0"],
    [10000000, "1.0E7"],
    [123456789.125, "1.23456789125E8"],
    [1e21, "1.0E21"],
    [1.5e-10, "1.5E-10"],
    [Number.MAX_VALUE, "1.7976931348623157E308"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d as %s", (value, text) => {
    expect(new JavaDouble(value).toString()).toBe(text);
  });
});

describe("decimals keep their digits", () => {
  it.each([
    ["1.50", "1.50", "1.50"],
    ["1e3", "1E+3", "1000"],
    ["-1.25e2", "-125", "-125"],
    ["0.000001", "0.000001", "0.000001"],
    ["0.0000001", "1E-7", "0.0000001"],
    ["12345E-10", "0.0000012345", "0.0000012345"],
    ["123E5", "1.23E+7", "12300000"],
    ["0.00", "0.00", "0.00"],
    ["+7", "7", "7"],
    [".5", "0.5", "0.5"],
  ])("%s prints %s, plainly %s", (text, printed, plain) => {
    expect(BigDecimal.parse(text)?.toString()).toBe(printed);
    expect(BigDecimal.parse(text)?.toPlain()).toBe(plain);
  });

  it.each(["", "x", "1e", "--1", "1 ", "1e99999999", "9".repeat(2000), "0x1", "."])("%j is none", (text) => {
    expect(BigDecimal.parse(text)).toBeUndefined();
  });
});

describe("rounding", () => {
  it.each([
    [0.125, 2, "HALF_EVEN", "0.12"],
    [0.375, 2, "HALF_EVEN", "0.38"],
    [2.675, 2, "HALF_EVEN", "2.67"],
    [-1.5, 0, "HALF_UP", "-2"],
    [-1.5, 0, "HALF_DOWN", "-1"],
    [-1.1, 0, "FLOOR", "-2"],
    [-1.1, 0, "CEILING", "-1"],
    [1.01, 1, "UP", "1.1"],
    [1.09, 1, "DOWN", "1.0"],
    [5e-324, 3, "UP", "0.001"],
  ] as const)("%d to %d places by %s is %s", (value, places, mode, text) => {
    expect(roundDecimal(exactDecimal(value), places, mode).toPlain()).toBe(text);
  });

  it("refuses to lose digits where that is not wanted", () => {
    expect(roundDecimal(exactDecimal(1.5), 0, "UNNECESSARY")).toBeUndefined();
    expect(roundDecimal(exactDecimal(1.5), 1, "UNNECESSARY")?.toPlain()).toBe("1.5");
  });

  it("knows a double exactly", () => {
    expect(exactDecimal(0.1).toPlain()).toBe("0.10000000000000000555111512312578270211815834045410156250");
    expect(exactDecimal(2 ** 70).toPlain()).toBe("1180591620717411303424");
    expect(exactDecimal(-0.5).toNumber()).toBe(-0.5);
  });
});
