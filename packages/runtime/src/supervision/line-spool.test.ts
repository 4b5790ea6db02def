import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { OutputLine } from "../contract.ts";
import { readSpool, SpoolWriter } from "./line-spool.ts";

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-spool-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function readAll(folder: string, more: { after?: Record<string, number> } = {}): Promise<OutputLine[]> {
  const lines: OutputLine[] = [];
  const reading = { folder, follow: false, signal: new AbortController().signal, ended: async () => true, ...more };
  for await (const line of readSpool(reading)) lines.push(line);
  return lines;
}

test("positions go on where an earlier writer stopped, also after it died in the middle of a line", async () => {
  const folder = await freshFolder();
  const first = await SpoolWriter.open(folder);
  first.write({ service: "api", stream: "stdout", text: "one" });
  await first.flush();
  const [segment = ""] = await readdir(folder);
  await appendFile(join(folder, segment), '{"service":"api","posit');
  const second = await SpoolWriter.open(folder);
  second.write({ service: "api", stream: "stdout", text: "two" });
  second.write({ service: "db", stream: "stderr", text: "other" });
  await second.flush();
  const lines = await readAll(folder);
  expect(lines.map(({ service, position, text }) => [service, position, text])).toEqual([
    ["api", 1, "one"],
    ["api", 2, "two"],
    ["db", 1, "other"],
  ]);
  expect((await readAll(folder, { after: { api: 1 } })).map((line) => line.text)).toEqual(["two", "other"]);
});

test("past its limit the oldest segments go, and positions show the gap", async () => {
  const folder = await freshFolder();
  const writer = await SpoolWriter.open(folder, { segmentBytes: 200, segments: 3 });
  for (let line = 1; line <= 50; line++) {
    writer.write({ service: "api", stream: "stdout", text: `line ${line}` });
    await writer.flush();
  }
  const lines = await readAll(folder);
  expect((await readdir(folder)).length).toBeLessThanOrEqual(3);
  expect(lines.at(-1)).toMatchObject({ position: 50, text: "line 50" });
  expect(lines[0]?.position).toBeGreaterThan(30);
});

test("a follower sees every line once, across segments, and ends with the writer", async () => {
  const folder = await freshFolder();
  const writer = await SpoolWriter.open(folder, { segmentBytes: 300, segments: 100 });
  let ended = false;
  const followed: string[] = [];
  const following = (async () => {
    const reading = { folder, follow: true, signal: new AbortController().signal, ended: async () => ended };
    for await (const line of readSpool(reading)) followed.push(line.text);
  })();
  for (let line = 1; line <= 60; line++) {
    writer.write({ service: "api", stream: "stdout", text: `${line}` });
    if (line % 10 === 0) await writer.flush();
  }
  await writer.flush();
  ended = true;
  await following;
  expect(followed).toEqual(Array.from({ length: 60 }, (_value, index) => String(index + 1)));
});
