import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MockSource } from "../../config/mock-sources.ts";
import { exampleDefinition as definition } from "./example-definition.ts";
import { layOutMockFiles } from "./mock-files.ts";

let root: string;
let directory: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "dojang-mock-files-")));
  directory = join(root, "project");
  mkdirSync(directory);
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content = "x"): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const layOut = (source: Partial<MockSource>) =>
  layOutMockFiles({
    home: join(root, "home"),
    directory,
    source: { name: "mail", hosts: ["mail"], definition, stubs: undefined, openapi: [], ...source },
  });

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

test("a mock's files lie at their places in the project, bytes as they are, and nothing else of it does", async () => {
  put("mocks/mail/mappings/deep/a.json");
  put("mocks/mail/__files/picture.png", "\0\u00ff");
  put("mocks/pay/mappings/b.json");
  put(".env", "SECRET=1");

  const { folder } = await layOut({ stubs: "mocks/mail" });

  expect(filesOf(folder)).toEqual(["mocks/mail/__files/picture.png", "mocks/mail/mappings/deep/a.json"]);
  expect(readFileSync(join(folder, "mocks/mail/__files/picture.png"))).toEqual(
    readFileSync(join(directory, "mocks/mail/__files/picture.png")),
  );
});

test("what a document names is brought along, and what that names, once", async () => {
  put("specs/mail.yaml", "a: { $ref: './schemas/mail.yaml#/M' }\nb: { $ref: \"#/local\" }\nc: { $ref: 'https://other.example/x.yaml' }\n");
  put("specs/schemas/mail.yaml", '{"M": {"$ref": "../shared/types.json#/T"}, "again": {"$ref": "../mail.yaml"}}');
  put("specs/shared/types.json", "{}");
  put("specs/shared/unused.json", "{}");

  const { folder } = await layOut({ openapi: ["specs/mail.yaml"] });

  expect(filesOf(folder)).toEqual(["specs/mail.yaml", "specs/schemas/mail.yaml", "specs/shared/types.json"]);
});

test("nothing outside of the project is brought along, by link or by name", async () => {
  writeFileSync(join(root, "secret.yaml"), "secret");
  put("mocks/mail/mappings/a.json");
  symlinkSync(join(root, "secret.yaml"), join(directory, "mocks/mail/mappings/leak.json"));
  symlinkSync(root, join(directory, "mocks/mail/around"));
  put("specs/mail.yaml", "a: { $ref: '../../secret.yaml' }\nb: { $ref: '/etc/passwd' }\n");

  const { folder } = await layOut({ stubs: "mocks/mail", openapi: ["specs/mail.yaml"] });

  expect(filesOf(folder)).toEqual(["mocks/mail/mappings/a.json", "specs/mail.yaml"]);
});

test("the same content is laid out once, and a change of it anew", async () => {
  put("mocks/mail/mappings/a.json", "one");
  const [first, second] = await Promise.all([layOut({ stubs: "mocks/mail" }), layOut({ stubs: "mocks/mail" })]);
  put("mocks/mail/mappings/a.json", "two");
  const changed = await layOut({ stubs: "mocks/mail" });

  expect(second).toEqual(first);
  expect(changed.digest).not.toBe(first?.digest);
  expect(readdirSync(join(root, "home/mocks"))).toHaveLength(2);
});

test("a folder that is no specification is refused with the way out, and leaves nothing", async () => {
  put("huge/data.bin");
  truncateSync(join(directory, "huge/data.bin"), 200 * 1024 * 1024);

  await expect(layOut({ stubs: "huge" })).rejects.toMatchObject({
    code: "mock-too-large",
    message: expect.stringContaining("the mock mail"),
  });
});

test("a mock without files has an empty folder", async () => {
  expect(filesOf((await layOut({})).folder)).toEqual([]);
});
