import { expect, test } from "vitest";
import { outputFailure } from "./output-failure.ts";

const failed = (code: string) => outputFailure(Object.assign(new Error(`${code}: write`), { code }));

test("a reader that went away is nothing to be told; anything else is a Problem of the machine", () => {
  expect(failed("EPIPE")).toBeUndefined();
  expect(failed("ENOSPC")).toMatchObject({ code: "output-lost", exitCode: 3, message: expect.stringContaining("ENOSPC") });
  expect(outputFailure(new Error("gone"))?.message).toContain("gone");
});
