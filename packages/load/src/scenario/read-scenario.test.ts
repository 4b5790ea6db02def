import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readScenario } from "./read-scenario.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-scenario-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(text: string, files: Readonly<Record<string, string>> = {}, environment: Readonly<Record<string, string>> = {}) {
  for (const [name, content] of Object.entries({ ...files, "s.yaml": text })) await writeFile(join(folder, name), content);
  return readScenario(join(folder, "s.yaml"), { environment });
}

async function findings(text: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const error = await read(text, files).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Problem);
  // Asserted one line above.
  return (error as Problem).findings.map(({ place, message, fix }) => `${place.line ?? "-"} ${place.path ?? ""}: ${message}; ${fix}`);
}

test("the shortest file is a list of requests", async () => {
  const scenario = await read("requests: [GET /, POST /todos]");
  expect(scenario).toMatchObject({
    name: "s",
    flows: [
      {
        weight: 1,
        requests: [
          { name: "GET /", method: "GET", url: "/" },
          { name: "POST /todos", method: "POST" },
        ],
      },
    ],
  });
});

test("a whole file: flows with weights, captures, checks, data, variables of the environment", async () => {
  const scenario = await read(
    `
name: todo
headers: { Authorization: "Bearer \${env.TOKEN}" }
variables: { size: 3 }
env: [TOKEN]
data: { users: { file: users.csv, order: random } }
flows:
  - name: write
    weight: 2
    requests:
      - request: POST /lists?by=\${user}
        name: create
        json: { title: "List \${counter}", size: "\${size}" }
        capture: { id: $.id, etag: { header: ETag } }
        expect: { status: [200, 201], contains: title, json: { $.ok: true }, headers: { content-type: json } }
      - request: GET /lists/\${id}
        think: 100ms-1s
  - requests: [GET /health]
`,
    { "users.csv": 'user,city\r\nann,"Seoul, KR"\r\nbob,"a ""b"""\r\n' },
    { TOKEN: "secret" },
  );
  expect(scenario.variables).toEqual({ size: "3", "env.TOKEN": "secret" });
  expect(scenario.data[0]).toEqual({
    name: "users",
    order: "random",
    columns: ["user", "city"],
    rows: [
      ["ann", "Seoul, KR"],
      ["bob", 'a "b"'],
    ],
  });
  const [write, health] = scenario.flows;
  expect(write?.requests[0]).toMatchObject({
    name: "create",
    body: '{"title":"List ${counter}","size":"${size}"}',
    headers: [{ name: "Content-Type", value: "application/json" }],
    captures: [
      { as: "id", from: { json: "$.id" } },
      { as: "etag", from: { header: "ETag" } },
    ],
    checks: [{ kind: "status", oneOf: [200, 201] }, { kind: "body-contains" }, { kind: "json" }, { kind: "header" }],
  });
  expect(write?.requests[1]).toMatchObject({ name: "GET /lists/${id}", thinkMs: [100, 1000] });
  expect(health).toMatchObject({ name: "flow 2", weight: 1 });
});

test("a form is encoded, but its placeholders are not", async () => {
  const scenario = await read('variables: { who: x }\nrequests: [{ request: POST /login, form: { user: "${who} & co", pass: "a=b" } }]');
  expect(scenario.flows[0]?.requests[0]?.body).toBe("user=${who}%20%26%20co&pass=a%3Db");
});

/** Four levels of ten: each anchor stands for ten of the one before. */
const multiplying = ["a", "b", "c", "d", "e"]
  .map(
    (name, level, names) =>
      `${name}: &${name} [${Array(10)
        .fill(level === 0 ? "x" : `*${names[level - 1]}`)
        .join(", ")}]`,
  )
  .join("\n");

const wrong: readonly { name: string; text: string; said: readonly RegExp[] }[] = [
  {
    name: "a misspelt key",
    text: "requests:\n  - request: GET /\n    exspect: { status: 200 }",
    said: [/^3 .*unknown key "exspect"; did you mean "expect"\?/],
  },
  { name: "a method in lower case", text: "requests: [get /todos]", said: [/^1 .*must be a method and a path.*write it as "GET \/path"/] },
  { name: "a status that is none", text: "requests:\n  - request: GET /\n    expect: { status: 99 }", said: [/^3 .*status/] },
  { name: "a weight of nothing", text: "flows:\n  - weight: 0\n    requests: [GET /]", said: [/^2 flows\[0\]\.weight: must be above 0/] },
  { name: "a name without a value", text: "requests:\n  - GET /a\n  - GET /b/${idd}", said: [/^3 requests\[1\]: \$\{idd\} has no value/] },
  { name: "a generator that is none", text: "requests: ['GET /${random.nothing()}']", said: [/is neither a name nor one of/] },
  {
    name: "two bodies",
    text: "requests: [{ request: POST /, body: x, json: {} }]",
    said: [/more than one of body, json and form; keep one/],
  },
  {
    name: "a variable of the environment that is not set",
    text: "env: [NOPE]\nrequests: [GET /]",
    said: [/^1 env\[0\]: the variable NOPE is not set/],
  },
  {
    name: "a data file that is missing",
    text: "data: { users: nope.csv }\nrequests: [GET /]",
    said: [/^1 data\.users: the data file .*nope\.csv cannot be read \(ENOENT\)/],
  },
  { name: "a data file without rows", text: "data: { users: u.csv }\nrequests: [GET /]", said: [/has no rows/] },
  { name: "no requests at all", text: "name: x", said: [/needs exactly one of flows, requests and module/] },
  { name: "an empty file", text: "", said: [/expected object/] },
  { name: "YAML whose anchors multiply", text: multiplying, said: [/its anchors stand for more than 1000 copies/] },
  { name: "YAML that nests too deep", text: `a: ${"[".repeat(20_000)}`, said: [/it nests too deep/] },
  { name: "YAML that is none", text: "requests: [", said: [/^1|^2/] },
  {
    name: "a JSON path that is none",
    text: "requests: [{ request: GET /, capture: { id: '$..id' } }]",
    said: [/is not understood from "\.\.id" on/],
  },
];

for (const { name, text, said } of wrong) {
  test(`${name} is refused with its line, the value and a fix`, async () => {
    const found = await findings(text, { "u.csv": "user\n" });
    expect(found).toHaveLength(said.length);
    for (const [index, expected] of said.entries()) expect(found[index]).toMatch(expected);
  });
}

test("everything that is wrong is said at once", async () => {
  const found = await findings("flows:\n  - weight: -1\n    requests: [GET /]\n  - requests: [GETT]\n    nam: x");
  expect(found).toHaveLength(3);
});

test("a scenario that does not exist says where it was looked for", async () => {
  await expect(readScenario(join(folder, "none.yaml"), { environment: {} })).rejects.toThrow(/none\.yaml cannot be read \(ENOENT\)/);
});

test("a scenario may be a program: by itself, or named by a file that adds target, headers and data", async () => {
  await writeFile(join(folder, "visit.ts"), "throw new Error('is not run by reading it');");
  expect(await readScenario(join(folder, "visit.ts"), { environment: {} })).toEqual({
    name: "visit",
    flows: [],
    headers: [],
    variables: {},
    data: [],
    module: join(folder, "visit.ts"),
  });
  const named = await read("module: ./visit.ts\ntarget: http://api:8000\nvariables: { size: 3 }");
  expect(named).toMatchObject({ flows: [], module: join(folder, "visit.ts"), target: "http://api:8000", variables: { size: "3" } });
  expect(await findings("module: ./visit.ts\nrequests: [GET /]")).toEqual([
    expect.stringContaining("exactly one of flows, requests and module"),
  ]);
  await expect(readScenario(join(folder, "nothing.ts"), { environment: {} })).rejects.toMatchObject({ code: "scenario-unreadable" });
});
