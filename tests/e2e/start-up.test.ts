import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stage, setStage } from "./stage.ts";

let stage: Stage;
let directory: string;
beforeAll(async () => {
  stage = await setStage();
  directory = await stage.copy("counter");
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Each costs a command that does not need it a tenth of a second or more. */
const large = {
  "the client of certificate authorities": "/node_modules/acme-client/",
  "bills of materials": "/node_modules/@cyclonedx/",
  mail: "/node_modules/nodemailer/",
  "certificates of our own": "/node_modules/@peculiar/",
  "object storage": "/node_modules/aws4fetch/",
  "XML of test results": "/node_modules/fast-xml-parser/",
  "the database": "/node_modules/kysely/",
  YAML: "/node_modules/yaml/",
  "the judge": "/packages/judge/src/",
  "load tests": "/packages/load/src/",
  mocks: "/packages/mock/src/",
  runtimes: "/packages/runtime/src/",
  "live sites": "/packages/dojang/src/deployments/open-live",
} as const;

describe("a command loads what it needs, and nothing else that is large", () => {
  const commands: readonly { readonly words: readonly string[]; readonly needs: readonly (keyof typeof large)[] }[] = [
    { words: ["--help"], needs: [] },
    { words: ["check"], needs: ["YAML"] },
    { words: ["ps"], needs: ["the database", "runtimes"] },
    { words: ["doctor", "--help"], needs: ["runtimes"] },
    { words: ["practice", "start", "ticket-price", "somewhere"], needs: ["the judge", "the database", "runtimes", "YAML"] },
  ];
  test.for(commands)("dojang $words", async ({ words, needs }) => {
    const list = join(stage.folder, `${words[0]}.loaded`);
    const hook = pathToFileURL(join(import.meta.dirname, "fixtures", "loaded-modules.mjs")).href;
    const ended = await stage.run(words, {
      directory,
      through: [process.execPath, "--import", hook],
      environment: { LOADED_MODULES: list },
    });
    expect(ended).toMatchObject({ exitCode: 0 });
    const loaded = await readFile(list, "utf8");
    expect(loaded).toContain("/packages/dojang/src/main.ts");
    const seen = Object.entries(large).filter(([, place]) => loaded.includes(place));
    expect(seen.map(([name]) => name).toSorted()).toEqual([...needs].toSorted());
  });
});

describe("what was made of the sources is kept for the next command", () => {
  const help = (cache: string) => stage.run(["--help"], { directory, environment: { XDG_CACHE_HOME: cache } });
  const filesBelow = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  };

  test("in a folder of this user alone, once", async () => {
    const cache = join(stage.folder, "cache");
    expect(await help(cache)).toMatchObject({ exitCode: 0 });
    const kept = join(cache, "dojang", "compiled");
    const made = await filesBelow(kept);
    expect(made.length).toBeGreaterThan(10);
    expect((await stat(kept)).mode & 0o077).toBe(0);
    const times = await Promise.all(made.map(async (file) => (await stat(file)).mtimeMs));
    expect(await help(cache)).toMatchObject({ exitCode: 0 });
    expect(await Promise.all((await filesBelow(kept)).map(async (file) => (await stat(file)).mtimeMs))).toEqual(times);
  });

  test("not where somebody else could change it", async () => {
    const kept = join(stage.folder, "open", "dojang", "compiled");
    await mkdir(kept, { recursive: true });
    await chmod(kept, 0o777);
    expect(await help(join(stage.folder, "open"))).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await readdir(kept)).toEqual([]);
  });

  test("and where nothing can be kept, the command runs all the same", async () => {
    const file = join(stage.folder, "no-folder");
    await writeFile(file, "");
    expect(await help(file)).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
