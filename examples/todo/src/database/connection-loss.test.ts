import { describe, expect, test } from "vitest";
import { isConnectionLoss } from "./connection-loss.ts";

const withCode = (code: string) => Object.assign(new Error("x"), { code });

describe("a lost connection", () => {
  test.each(["ECONNREFUSED", "ECONNRESET", "57P01", "57P03", "08006"])("is told by %s", (code) => {
    expect(isConnectionLoss(withCode(code))).toBe(true);
  });

  test.each(["Connection terminated unexpectedly", "timeout exceeded when trying to connect"])("is told by pg's words: %s", (message) => {
    expect(isConnectionLoss(new Error(message))).toBe(true);
  });

  test("is told by one of several attempts, as for a name with two addresses", () => {
    expect(isConnectionLoss(new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]))).toBe(true);
  });

  test.each([withCode("23505"), withCode("42P01"), new Error("no such list"), "text", undefined])("is not %s", (error) => {
    expect(isConnectionLoss(error)).toBe(false);
  });
});
