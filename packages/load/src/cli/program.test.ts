import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { CommanderError } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProgram } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-load-words-"));
  await writeFile(join(folder, "entries.har"), '{"log":{"entries":[{}]}}');
});
afterAll(() => rm(folder, { recursive: true }));

/** Nothing listens on port 9: what is refused only after asking would be told as that. */
const url = "http://127.0.0.1:9/";

test.each([
  [["--rate", "x"], /^dojang-load: .*"x"\.\n {2}fix: see what it takes: dojang-load --help/],
  [["--prot", "1"], /^dojang-load: unknown option '--prot'/],
  [
    [url, "--json", "nowhere/at/all.json"],
    /`json` names the file nowhere\/at\/all\.json, which cannot be written.*name a file in a folder that is there/,
  ],
  [[url, "--json", import.meta.dirname], /it is a folder: name a file in it/],
  [[url, "--method", "G ET"], /must be a method such as GET or POST, got "G ET"/],
  [[url, "--ca", import.meta.filename], /which holds no certificate; name a PEM file/],
  [["from-har", "entries.har"], /log\.entries\.0\.\w+ is missing/],
])("words that cannot be meant are refused before anything is asked: %j", async (words, says) => {
  let said = "";
  const stream = { write: (text: string) => (said += text) };
  const context = { signal: AbortSignal.timeout(60_000), environment: {}, stdout: stream, stderr: stream };
  const program = createProgram(context, () => undefined).configureOutput({ writeErr: stream.write });
  const placed = words.map((word) => (word.endsWith(".har") ? join(folder, word) : word));
  const error = await program.parseAsync(placed, { from: "user" }).catch((thrown: unknown) => thrown);
  if (error instanceof Problem) said = `${error.message}; ${error.fix}`;
  else expect(error).toBeInstanceOf(CommanderError);
  expect(said).toMatch(says);
});
