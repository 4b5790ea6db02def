import { describe, expect, it } from "vitest";
import { identityOfJunitCase, matchTest, normaliseFile, testId } from "./test-id.ts";

const cart = { file: "tests/cart.test.ts", titlePath: ["cart", "inner", "adds an item"] };

describe("the id of a test", () => {
  it("is the same whether a title path came as a list or as one joined name", () => {
    expect(testId(cart)).toMatch(/^[0-9a-f]{16}$/);
    expect(testId({ ...cart, titlePath: ["cart > inner > adds an item"] })).toBe(testId(cart));
    expect(testId({ ...cart, titlePath: ["cart › inner › adds an item"] })).toBe(testId(cart));
  });

  it("differs by project, file and title", () => {
    const others = [
      { ...cart, project: "chromium" },
      { ...cart, file: "tests/other.test.ts" },
      { ...cart, titlePath: ["cart", "adds"] },
    ];
    expect(new Set([cart, ...others].map(testId)).size).toBe(4);
  });

  it("takes files as the workspace sees them", () => {
    const seen = ["/work/tests/a.ts", "file:///work/tests/a.ts", "./tests/a.ts", "tests\\a.ts"].map((file) =>
      normaliseFile(file, "/work/"),
    );
    expect(new Set(seen)).toEqual(new Set(["tests/a.ts"]));
    expect(normaliseFile("/workshop/a.ts", "/work")).toBe("/workshop/a.ts");
  });
});

describe("matching a JUnit case with a live test", () => {
  const python = { file: "tests/test_a.py", titlePath: ["TestX", "test_y[a b]"] };
  const nested = { file: "tests/a.test.mjs", titlePath: ["s one", "inner", "works > ok"] };
  const other = { file: "tests/other.test.ts", titlePath: ["cart", "inner", "adds an item"] };
  const all = [cart, python, nested, other];

  it("finds Vitest's by file and joined name, also from a runner's own root", () => {
    const name = "cart > inner > adds an item";
    expect(matchTest(all, { classname: "tests/cart.test.ts", name })).toBe(cart);
    expect(matchTest(all, { classname: "other.test.ts", name })).toBe(other);
    expect(matchTest(all, { classname: "tests/gone.test.ts", name })).toBeUndefined();
  });

  it("finds pytest's by dotted class", () => {
    expect(matchTest(all, { classname: "tests.test_a.TestX", name: "test_y[a b]" })).toBe(python);
    expect(matchTest(all, { classname: "test_a.TestX", name: "test_y[a b]" })).toBe(python);
    expect(matchTest(all, { classname: "tests.test_b.TestX", name: "test_y[a b]" })).toBeUndefined();
  });

  it("finds node:test's by absolute file and nested suites", () => {
    const junitCase = { classname: "s one.inner", name: "works > ok", file: "/x/tests/a.test.mjs", suites: ["s one", "inner"] };
    expect(matchTest(all, junitCase)).toBe(nested);
  });

  it("tells Playwright's projects apart by the suite, and refuses to guess without it", () => {
    const projects = ["chromium", "firefox"].map((project) => ({ ...cart, project }));
    const junitCase = { classname: "tests/cart.test.ts", name: "cart › inner › adds an item" };
    expect(matchTest(projects, { ...junitCase, suites: ["firefox"] })).toBe(projects[1]);
    expect(matchTest(projects, junitCase)).toBeUndefined();
  });
});

describe("reading a JUnit case alone", () => {
  it("gives the identity the live event has", () => {
    expect(testId(identityOfJunitCase({ classname: "tests/cart.test.ts", name: "cart > inner > adds an item" }))).toBe(testId(cart));
    expect(identityOfJunitCase({ classname: "tests.test_a.TestX", name: "test_y[1]" })).toEqual({
      file: "tests/test_a.py",
      titlePath: ["TestX", "test_y[1]"],
    });
    expect(identityOfJunitCase({ classname: "s.inner", name: "works", file: "/w/tests/a.test.mjs", suites: ["s", "inner"] }, "/w")).toEqual(
      {
        file: "tests/a.test.mjs",
        titlePath: ["s", "inner", "works"],
      },
    );
  });
});
