import { describe, expect, test } from "vitest";
import { PrefixTree } from "./prefix-tree.ts";
import { SegmentTree } from "./segment-tree.ts";

function found<Value>(tree: { collect(text: string, found: (value: Value) => void): void }, text: string): Value[] {
  const values: Value[] = [];
  tree.collect(text, (value) => values.push(value));
  return values;
}

describe("a prefix tree", () => {
  function treeOf(...prefixes: string[]) {
    const tree = new PrefixTree<string>();
    for (const prefix of prefixes) tree.at(prefix, () => prefix);
    return tree;
  }

  test("gives the values of all prefixes, the shortest first, and of nothing else", () => {
    const tree = treeOf("/api/users", "/api/", "", "/apple", "/api/users/1", "/b");
    expect(found(tree, "/api/users/12")).toEqual(["", "/api/", "/api/users", "/api/users/1"]);
    expect(found(tree, "/ap")).toEqual([""]);
    expect(found(tree, "/b")).toEqual(["", "/b"]);
  });

  test("makes a value once", () => {
    const tree = treeOf("/a");
    expect(tree.at("/a", () => "another")).toBe("/a");
  });

  test("forgets what is deleted and keeps what is above and below", () => {
    const tree = treeOf("/a", "/a/b", "/a/b/c");
    tree.delete("/a/b");
    tree.delete("/not/there");
    expect(found(tree, "/a/b/c")).toEqual(["/a", "/a/b/c"]);
    tree.delete("/a/b/c");
    tree.delete("/a");
    expect(found(tree, "/a/b/c")).toEqual([]);
  });
});

describe("a segment tree", () => {
  function treeOf(...templates: string[]) {
    const tree = new SegmentTree<string>();
    for (const template of templates) tree.at(split(template), () => template);
    return tree;
  }

  function split(template: string) {
    return template
      .slice(1)
      .split("/")
      .map((segment) => (segment === "*" ? undefined : segment));
  }

  test("gives every template that a path fits", () => {
    const tree = treeOf("/a/*", "/a/b", "/*/b", "/*/*", "/*", "/a/*/c");
    expect(found(tree, "/a/b").sort()).toEqual(["/*/*", "/*/b", "/a/*", "/a/b"]);
    expect(found(tree, "/a/x/c")).toEqual(["/a/*/c"]);
    expect(found(tree, "/z")).toEqual(["/*"]);
    expect(found(tree, "no path")).toEqual([]);
  });

  test("takes no empty segment for a variable", () => {
    const tree = treeOf("/a/*", "/a/");
    expect(found(tree, "/a/")).toEqual(["/a/"]);
  });

  test("forgets what is deleted and keeps the rest", () => {
    const tree = treeOf("/a/*", "/a/*/c", "/a/b");
    tree.delete(split("/a/*"));
    tree.delete(split("/x/*"));
    expect(found(tree, "/a/b")).toEqual(["/a/b"]);
    expect(found(tree, "/a/b/c")).toEqual(["/a/*/c"]);
  });
});
