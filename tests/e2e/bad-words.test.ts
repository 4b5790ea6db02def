import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stage, setStage } from "./stage.ts";

let stage: Stage;
let directory: string;
beforeAll(async () => {
  stage = await setStage();
  directory = await stage.copy("counter");
  await writeFile(join(directory, "file"), "");
  await mkdir(join(directory, "taken", "dojang.yml"), { recursive: true });
});
afterAll(() => stage[Symbol.asyncDispose]());

interface BadWords {
  readonly words: readonly string[];
  /** Of what is printed on stderr, from the message on. */
  readonly says: RegExp;
  readonly exitCode?: number;
}

describe("words that cannot be meant end 2, and say how they should be", () => {
  const commands: readonly BadWords[] = [
    {
      words: ["exec", "--timeout", "soon", "gate", "true"],
      says: /--timeout is a whole number from 1 to \d+, got "soon".*\n.*--timeout 60/,
    },
    { words: ["deployments", "--limit", "0"], says: /--limit is a whole number from 1 to \d+, got "0"/ },
    { words: ["report", "--run", "last"], says: /--run is a whole number from 1 to \d+, got "last"/ },
    // It used to be taken for 0, and 0 removes all.
    { words: ["releases", "prune", "--project", "x", "--keep", "many"], says: /--keep is a whole number from 0 to \d+, got "many"/ },
    { words: ["backup", "list"], says: /missing required argument 'environment'\n {2}fix: see what it takes: dojang backup list --help/ },
    { words: ["secrets", "set", "a", "B", "--genrate"], says: /\(Did you mean --generate\?\)\n {2}fix: .* dojang secrets set --help/ },
    { words: ["deploy"], says: /no environment was named.*\[environment-missing\]\n {2}fix: .*dojang deploy staging/ },
    { words: ["init", "file"], says: /file is no folder \[project-missing\]/ },
    { words: ["check", "file"], says: /file is no folder \[project-missing\]/ },
    { words: ["provision", "root@127.0.0.1", "--port", "99999"], says: /1 to 65535, got "99999".*\n {2}fix: .*--port 2222/ },
    { words: ["practice", "start", "ticket"], says: /no exercise "ticket".*\n {2}fix: did you mean "ticket-price"\?/ },
    { words: ["practice", "start", "ticket-price", "file"], says: /file cannot be used as a folder \[practice-folder\]/ },
    { words: ["run", "--out", "file/reports"], says: /file\/reports: a part of it is a file.*\[file-refused\]/, exitCode: 3 },
    { words: ["run", "--out", "file"], says: /file: it is a file, and a folder is needed.*\[file-refused\]/, exitCode: 3 },
    // Node's own way of making folders never comes back from there.
    { words: ["run", "--out", "/proc/x/y"], says: /\/proc\/x: no folder can be made there.*\[file-refused\]/, exitCode: 3 },
    { words: ["init", "taken", "--force"], says: /dojang\.yml: it is a folder, and a file is needed.*\[file-refused\]/, exitCode: 3 },
  ];
  test.for(commands)("dojang $words", async ({ words, says, exitCode = 2 }) => {
    const ended = await stage.run(words, { directory });
    expect(ended).toMatchObject({ exitCode, stdout: "", stderr: expect.stringMatching(/^dojang: /) });
    expect(ended.stderr).toMatch(says);
  });
});

test("an address that is none of a database is refused without showing it", async () => {
  const ended = await stage.run(["ps"], { directory, environment: { DATABASE_URL: "mysql://root:sesame@db/shop" } });
  expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("DATABASE_URL is no address of a PostgreSQL database") });
  expect(ended.stderr).not.toContain("sesame");
});

test("what is asked for by a name that nothing has is told with where names are listed", async () => {
  const show = await stage.run(["deployments", "show", "nothing"], { directory });
  expect(show).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no deployment nothing \[deployment-unknown\]\n {2}fix: .*dojang deployments/),
  });
  const deploy = await stage.run(["deploy", "nowhere"], { directory });
  expect(deploy).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("[environment-unknown]") });
  // Told before anything is built.
  expect(deploy.stderr).not.toContain("is built of");
});
