import { expect, test } from "vitest";
import { rewritePaths, type SeenPaths, seenPath } from "./seen-paths.ts";

const paths: SeenPaths = [
  { target: "/app", source: "/h/tree" },
  { target: "/app/data", source: "/h/volumes/data" },
  { target: "/data", source: "/h/volumes/other" },
];

test("a path is where its deepest mount is", () => {
  expect(seenPath(paths, "/app/data/x")).toBe("/h/volumes/data/x");
  expect(seenPath(paths, "/app/src")).toBe("/h/tree/src");
  expect(seenPath(paths, "/application")).toBe("/application");
});

test.each([
  ["/data/app.db", "/h/volumes/other/app.db"],
  ["file:/data/app.db", "file:/h/volumes/other/app.db"],
  ["sqlite:////data/app.db", "sqlite:////h/volumes/other/app.db"],
  ["--dir=/app/data --x=/app", "--dir=/h/volumes/data --x=/h/tree"],
  ["http://host/data", "http://host/data"],
  ["/database", "/database"],
  ["/var/data", "/var/data"],
])("in text %s", (text, real) => {
  expect(rewritePaths(paths, text)).toBe(real);
});
