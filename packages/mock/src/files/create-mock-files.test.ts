import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatFinding, Problem } from "@dojang/model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { checkMockFiles, createMockFiles } from "./create-mock-files.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dojang-mock-files-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("loading mappings", () => {
  test("takes JSON and YAML, single stubs and lists, at any depth, in the order of their names", async () => {
    put("mappings/b/one.json", `{"request": {"url": "/one"}}`);
    put("mappings/a.yaml", "mappings:\n  - request: {url: /two}\n  - request: {url: /three}\n");
    put("mappings/c/d/e/four.yml", "request:\n  url: /four\nresponse:\n  jsonBody: {a: [1, 2]}\n");
    put("mappings/list.json", `{"mappings": [{"request": {"url": "/five"}}], "meta": {"total": 1}}`);
    const stubs = await createMockFiles({ directory: root }).loadMappings();
    expect(stubs.map(({ request }) => request.url)).toEqual(
      ["/two", "/three", "/one", "/four", "/five"].map((value) => ({ kind: "url", value })),
    );
  });

  test("leaves other files alone", async () => {
    put("mappings/readme.md", "not a stub");
    put("mappings/.hidden", "not a stub");
    put("mappings/data.json.bak", "not a stub");
    expect(await createMockFiles({ directory: root }).loadMappings()).toEqual([]);
  });

  test("finds nothing in a folder that does not exist", async () => {
    expect(await createMockFiles({ directory: join(root, "nowhere") }).loadMappings()).toEqual([]);
  });

  test("takes comments and single quotes in JSON, as WireMock does", async () => {
    put("mappings/a.json", "// about it\n{ /* here */ 'request': {'url': '/quoted // not a comment'} }");
    const [stub] = await createMockFiles({ directory: root }).loadMappings();
    expect(stub?.request.url).toEqual({ kind: "url", value: "/quoted // not a comment" });
  });

  test("takes a byte order mark", async () => {
    put("mappings/a.json", '\ufeff{"request": {"url": "/x"}}');
    expect(await createMockFiles({ directory: root }).loadMappings()).toHaveLength(1);
  });

  test("takes YAML's anchors and merges", async () => {
    put("mappings/a.yaml", "mappings:\n  - &base\n    request: {url: /x}\n    response: {status: 201}\n  - <<: *base\n    priority: 1\n");
    const stubs = await createMockFiles({ directory: root }).loadMappings();
    expect(stubs.map(({ response, priority }) => [response.status, priority])).toEqual([
      [201, undefined],
      [201, 1],
    ]);
  });

  test("gives a stub without an id the same one each time", async () => {
    put("mappings/a.json", `{"mappings": [{}, {}]}`);
    const ids = (await createMockFiles({ directory: root }).loadMappings()).map(({ id }) => id);
    const again = (await createMockFiles({ directory: root }).loadMappings()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(again).toEqual(ids);
  });

  test("names every mistake of every file with its line, column, path, value and what to write instead", async () => {
    put("mappings/a.json", '{\n  "request": {\n    "urlPatern": "/x"\n  }\n}\n');
    put("mappings/b.yaml", "mappings:\n  - request: {url: /x}\n  - response:\n      status: often\n");
    const problem = await problemOf(createMockFiles({ directory: root }).loadMappings());
    expect(problem.code).toBe("mappings-invalid");
    expect(problem.exitCode).toBe(2);
    const lines = problem.findings.map(formatFinding);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`${root}/mappings/a.json:3:5 request.urlPatern: `);
    expect(lines[0]).toContain("did you mean `urlPattern`?");
    expect(lines[1]).toContain(`${root}/mappings/b.yaml:4:7 mappings[1].response.status: `);
    expect(lines[1]).toContain('"often"');
  });

  test.each([
    ["a.json", '{\n "request": {"url": "/x"},\n "response": oops\n}', "a.json:3:"],
    ["a.yaml", "request: {url: /x\nresponse: 5", ":2:1"],
    ["a.yaml", "a: 1\n---\nb: 2\n", "`mappings:`"],
    ["a.yaml", "a: *nothing\n", "aliases"],
    ["a.json", "", "not JSON"],
    ["a.yaml", "", "the file is empty"],
    ["a.json", "[]", '{"mappings": [...]}'],
    ["a.json", "5", "a stub must be an object, got 5"],
    ["a.json", '{"mappings": {}}', "`mappings` must be a list"],
    ["a.json", '{"mapings": []}', "did you mean `mappings`?"],
    ["a.json", '{"mappings": [5]}', "mappings[0]"],
  ])("refuses %s with %j", async (name, text, expected) => {
    put(`mappings/${name}`, text);
    const problem = await problemOf(createMockFiles({ directory: root }).loadMappings());
    expect(problem.findings).toHaveLength(1);
    expect(problem.findings.map(formatFinding)[0]).toContain(expected);
  });

  test("refuses YAML whose aliases unfold to far more than it is", async () => {
    const levels = Array.from({ length: 12 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}*l${level}]`);
    put("mappings/a.yaml", `l0: &l0 x\n${levels.join("\n")}\n`);
    const problem = await problemOf(createMockFiles({ directory: root }).loadMappings());
    expect(problem.findings[0]?.fix).toContain("aliases");
  });

  test("refuses two stubs with one id, naming both files", async () => {
    put("mappings/a.json", `{"id": "${id(1)}"}`);
    put("mappings/b.json", `{"mappings": [{}, {"id": "${id(1)}"}]}`);
    const problem = await problemOf(createMockFiles({ directory: root }).loadMappings());
    expect(problem.findings.map(formatFinding)[0]).toMatch(/b\.json mappings\[1\]\.id: the id .* is taken by a stub of .*a\.json/);
  });

  test("refuses a link that leaves the folder and follows one that stays", async () => {
    const outside = mkdtempSync(join(tmpdir(), "dojang-mock-outside-"));
    try {
      writeFileSync(join(outside, "x.json"), "{}");
      put("mappings/real/a.json", `{"request": {"url": "/a"}}`);
      symlinkSync(join(root, "mappings/real/a.json"), join(root, "mappings/linked.json"));
      symlinkSync(join(root, "mappings"), join(root, "mappings/real/around"));
      // The same stub twice has the same file, and therefore two ids.
      expect(await createMockFiles({ directory: root }).loadMappings()).toHaveLength(2);
      symlinkSync(outside, join(root, "mappings/out"));
      const problem = await problemOf(createMockFiles({ directory: root }).loadMappings());
      expect(problem.findings.map(({ code }) => code)).toEqual(["file-outside"]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test("tells of mistakes and of oddities without a mock", async () => {
    put("mappings/a.json", `{"mappings": [{"request": {"url": "/x"}}], "priority": 3}`);
    put("mappings/b.json", `{"request": {"ur": "/x"}}`);
    const { stubs, findings, files } = await checkMockFiles(root);
    expect(stubs).toHaveLength(1);
    expect(files).toBe(2);
    expect(findings.map(({ severity }) => severity)).toEqual(["warning", "error"]);
  });
});

describe("saving a stub", () => {
  test.each([
    [{ name: "My Name: a/b..c é", request: { url: "/x" } }, `my-name-ab..c--${id(1)}.json`],
    [{ request: { urlPathPattern: "/a/.*b", method: "POST" } }, `post-a.b-${id(1)}.json`],
    [{}, `any-always-${id(1)}.json`],
    [{ request: { url: "/np" } }, `any-np-${id(1)}.json`],
    [{ name: "..", request: {} }, `..-${id(1)}.json`],
  ])("writes %j to the file that WireMock would write", async (json, name) => {
    await createMockFiles({ directory: root }).saveMapping(stub({ id: id(1), ...json }));
    expect(readdirSync(join(root, "mappings"))).toEqual([name]);
  });

  test("gives a long URL a name that file systems take", async () => {
    await createMockFiles({ directory: root }).saveMapping(stub({ id: id(1), request: { url: `/${"x".repeat(5000)}` } }));
    expect(readdirSync(join(root, "mappings"))[0]).toMatch(/^any-x+-00000001-.*\.json$/);
  });

  test("names files by a template, and never gives two stubs one file", async () => {
    const files = createMockFiles({ directory: root, nameTemplate: "ignored", render: (_, { method }) => `${method} stub` });
    await files.saveMapping(stub({ id: id(1), request: { method: "GET" } }));
    await files.saveMapping(stub({ id: id(2), request: { method: "GET" } }));
    expect(readdirSync(join(root, "mappings")).sort()).toEqual([`get-stub-${id(2)}.json`, "get-stub.json"]);
  });

  test("what was saved is loaded again", async () => {
    const files = createMockFiles({ directory: root });
    const saved = stub({ id: id(1), name: "n", persistent: true, request: { url: "/x" }, response: { jsonBody: { a: [1, "2", null] } } });
    await files.saveMapping(saved);
    expect(await createMockFiles({ directory: root }).loadMappings()).toEqual([saved]);
  });

  test("writes a loaded stub back into its file", async () => {
    put("mappings/deep/mine.json", `{"id": "${id(1)}", "request": {"url": "/old"}}`);
    const files = createMockFiles({ directory: root });
    await files.loadMappings();
    await files.saveMapping(stub({ id: id(1), request: { url: "/new" } }));
    expect(readdirSync(join(root, "mappings"))).toEqual(["deep"]);
    expect(JSON.parse(read("mappings/deep/mine.json")).request.url).toBe("/new");
  });

  test("keeps the comments of YAML beside what has not changed", async () => {
    put(
      "mappings/mine.yaml",
      `id: ${id(1)} # mine\nrequest: # of the shop\n  url: /old\n  method: GET\n# later\npriority: 3\nname: gone\n`,
    );
    const files = createMockFiles({ directory: root });
    await files.loadMappings();
    await files.saveMapping(stub({ id: id(1), priority: 4, request: { url: "/old", method: "GET" } }));
    const text = read("mappings/mine.yaml");
    expect(text).toContain("# mine");
    expect(text).toContain("# of the shop");
    expect(text).toContain("# later\npriority: 4");
    expect(text).not.toContain("gone");
    expect(await createMockFiles({ directory: root }).loadMappings()).toEqual([
      stub({ id: id(1), priority: 4, request: { url: "/old", method: "GET" } }),
    ]);
  });

  test("refuses to write or remove a stub of a list, and writes nothing", async () => {
    const text = `{"mappings": [{"id": "${id(1)}"}]}`;
    put("mappings/list.json", text);
    put("mappings/single.json", `{"id": "${id(2)}"}`);
    const files = createMockFiles({ directory: root });
    await files.loadMappings();
    expect((await problemOf(files.saveMapping(stub({ id: id(1), name: "new" })))).code).toBe("mapping-file-read-only");
    expect((await problemOf(files.removeMapping(id(1)))).code).toBe("mapping-file-read-only");
    expect((await problemOf(files.removeAllMappings())).code).toBe("mapping-file-read-only");
    expect(read("mappings/list.json")).toBe(text);
    expect(readdirSync(join(root, "mappings")).sort()).toEqual(["list.json", "single.json"]);
  });

  test("removes one and all", async () => {
    const files = createMockFiles({ directory: root });
    put("mappings/readme.md", "stays");
    for (const number of [1, 2, 3]) await files.saveMapping(stub({ id: id(number) }));
    await files.removeMapping(id(1));
    await files.removeMapping(id(1));
    expect(readdirSync(join(root, "mappings"))).toHaveLength(3);
    await files.removeAllMappings();
    expect(readdirSync(join(root, "mappings"))).toEqual(["readme.md"]);
  });

  test("a file that could not be written leaves the old one whole, and is a Problem", async () => {
    put("mappings", "a file where the folder should be");
    const problem = await problemOf(createMockFiles({ directory: root }).saveMapping(stub({ id: id(1) })));
    expect(problem.code).toBe("file-not-written");
    expect(read("mappings")).toBe("a file where the folder should be");
  });
});

describe("files of bodies", () => {
  test("are put, read, listed and removed by their names below __files", async () => {
    const files = createMockFiles({ directory: root });
    expect(await files.listBodies()).toEqual([]);
    await files.writeBody("b/c.txt", Buffer.from("hello"));
    await files.writeBody("a.bin", Buffer.from([0, 255]));
    expect(await files.listBodies()).toEqual(["a.bin", "b/c.txt"]);
    expect((await files.readBody("b/c.txt"))?.toString()).toBe("hello");
    expect(readFileSync(join(root, "__files/a.bin"))).toEqual(Buffer.from([0, 255]));
    expect(await files.removeBody("a.bin")).toBe(true);
    expect(await files.removeBody("a.bin")).toBe(false);
    expect(await files.readBody("a.bin")).toBeUndefined();
    expect(await files.readBody("b")).toBeUndefined();
    expect(await files.removeBody("b")).toBe(false);
  });

  test.each(["../x", "a/../../x", "/etc/passwd", "", ".", "./", "a/../b", "..\\x", "x\0y"])("refuse the name %j", async (name) => {
    for (const files of [createMockFiles({ directory: root }), createMockFiles({})]) {
      expect((await problemOf(files.readBody(name))).code).toBe("file-outside");
      expect((await problemOf(files.writeBody(name, Buffer.from("x")))).code).toBe("file-outside");
    }
    expect((await problemOf(createMockFiles({ directory: root }).removeBody(name))).code).toBe("file-outside");
    expect(readdirSync(root)).toEqual([]);
  });

  test("refuse links that leave the folder, to files, to folders and to nothing", async () => {
    const outside = mkdtempSync(join(tmpdir(), "dojang-mock-outside-"));
    try {
      writeFileSync(join(outside, "secret"), "secret");
      mkdirSync(join(root, "__files"));
      symlinkSync(join(outside, "secret"), join(root, "__files/file"));
      symlinkSync(outside, join(root, "__files/folder"));
      symlinkSync(join(outside, "new"), join(root, "__files/nothing"));
      const files = createMockFiles({ directory: root });
      for (const name of ["file", "folder/secret"]) expect((await problemOf(files.readBody(name))).code).toBe("file-outside");
      for (const name of ["file", "folder/secret", "folder/new", "folder/a/b", "nothing"]) {
        expect((await problemOf(files.writeBody(name, Buffer.from("x")))).code).toBe("file-outside");
        expect((await problemOf(files.removeBody(name))).code).toBe("file-outside");
      }
      expect(await files.listBodies()).toEqual([]);
      expect(readdirSync(outside)).toEqual(["secret"]);
      expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test("are read again when they change, whoever changes them, and are the same bytes when they do not", async () => {
    const files = createMockFiles({ directory: root });
    put("__files/a.txt", "one");
    const first = await files.readBody("a.txt");
    expect(first?.toString()).toBe("one");
    expect(await files.readBody("a.txt")).toBe(first);
    put("__files/a.txt", "two");
    expect((await files.readBody("a.txt"))?.toString()).toBe("two");
    await files.writeBody("a.txt", Buffer.from("six"));
    expect((await files.readBody("a.txt"))?.toString()).toBe("six");
    rmSync(join(root, "__files/a.txt"));
    expect(await files.readBody("a.txt")).toBeUndefined();
    symlinkSync("/etc/passwd", join(root, "__files/a.txt"));
    expect((await problemOf(files.readBody("a.txt"))).code).toBe("file-outside");
  });

  test("however many are served, only some are kept in memory", async () => {
    const files = createMockFiles({ directory: root });
    for (let index = 0; index < 12; index++) put(`__files/${index}`, "x".repeat(4 * 1024 * 1024));
    const first = await files.readBody("0");
    for (let index = 1; index < 12; index++) await files.readBody(String(index));
    expect(await files.readBody("0")).not.toBe(first);
  });

  test("refuse to be written where a folder is", async () => {
    const files = createMockFiles({ directory: root });
    await files.writeBody("a/b", Buffer.from("x"));
    expect((await problemOf(files.writeBody("a", Buffer.from("x")))).code).toBe("file-is-folder");
    expect((await problemOf(files.writeBody("a/b/c", Buffer.from("x")))).code).toBe("file-not-written");
  });
});

describe("without a folder", () => {
  test("persistent stubs and bodies are kept in memory", async () => {
    const files = createMockFiles({});
    const kept = stub({ id: id(1), persistent: true });
    await files.saveMapping(kept);
    expect(await files.loadMappings()).toEqual([kept]);
    await files.removeMapping(id(1));
    expect(await files.loadMappings()).toEqual([]);
    await files.saveMapping(kept);
    await files.removeAllMappings();
    expect(await files.loadMappings()).toEqual([]);
    await files.writeBody("a", Buffer.from("1"));
    expect((await files.readBody("a"))?.toString()).toBe("1");
    expect(await files.listBodies()).toEqual(["a"]);
    expect(await files.removeBody("a")).toBe(true);
    expect(files.directory).toBeUndefined();
  });

  test("more bytes than are sensible in memory are refused", async () => {
    const files = createMockFiles({});
    const half = Buffer.alloc(140 * 1024 * 1024);
    await files.writeBody("a", half);
    await files.writeBody("a", half);
    expect((await problemOf(files.writeBody("b", half))).code).toBe("files-too-large");
    await files.removeBody("a");
    await files.writeBody("b", half);
  });
});

function put(name: string, text: string): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function read(name: string): string {
  return readFileSync(join(root, name), "utf8");
}

function id(number: number): string {
  return `${String(number).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

function stub(json: unknown): StubMapping {
  const parsed = parseStubMapping(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error(`expected a Problem, got ${String(error)}`);
}
