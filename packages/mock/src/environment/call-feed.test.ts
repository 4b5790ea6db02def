import { expect, test } from "vitest";
import { CallFeed } from "./call-feed.ts";

function told(feed: CallFeed, after = 0) {
  const lines: { sequence: number; line: string; dropped: number }[] = [];
  for (let found = feed.read(after); found !== undefined; found = feed.read(found.sequence)) lines.push(found);
  return lines;
}

test("lines are read in order, as often as somebody asks", () => {
  const feed = new CallFeed({ maxBytes: 100 });
  for (const line of ["a", "b", "c"]) feed.add(line);

  expect(told(feed).map(({ line }) => line)).toEqual(["a", "b", "c"]);
  expect(told(feed, 1).map(({ line }) => line)).toEqual(["b", "c"]);
  expect(feed.read(3)).toBeUndefined();
  expect(feed.read(99)).toBeUndefined();
});

test("what was pushed out is told as dropped by the next line", () => {
  const feed = new CallFeed({ maxBytes: 30 });
  for (let number = 1; number <= 5; number++) feed.add(String(number).repeat(10));

  expect(told(feed).map(({ sequence, dropped }) => [sequence, dropped])).toEqual([
    [3, 2],
    [4, 0],
    [5, 0],
  ]);
  expect(told(feed, 2).map(({ dropped }) => dropped)).toEqual([0, 0, 0]);
});

test("the newest line stays though it alone is too large", () => {
  const feed = new CallFeed({ maxBytes: 10 });
  feed.add("small");
  feed.add("x".repeat(1000));

  expect(told(feed)).toMatchObject([{ sequence: 2, dropped: 1 }]);
});

test("many lines later the feed still tells the right ones", () => {
  const feed = new CallFeed({ maxBytes: 3000 });
  for (let number = 1; number <= 10_000; number++) feed.add(String(number).padStart(10, "0"));

  const lines = told(feed);
  expect(lines).toHaveLength(300);
  expect(lines[0]).toEqual({ sequence: 9701, line: "0000009701", dropped: 9700 });
  expect(lines.at(-1)).toMatchObject({ sequence: 10_000 });
});

test("whoever waits hears of the next line, or of the end of the wait", async () => {
  const feed = new CallFeed({ maxBytes: 100 });
  const waiting = feed.changed(new AbortController().signal);
  feed.add("a");
  await waiting;

  const ending = new AbortController();
  const ended = feed.changed(ending.signal);
  ending.abort();
  await ended;
  await feed.changed(ending.signal);
});
