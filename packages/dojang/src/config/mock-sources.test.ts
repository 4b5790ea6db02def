import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

let directory = "";
let elsewhere = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-mocks-"));
  elsewhere = mkdtempSync(join(tmpdir(), "dojang-elsewhere-"));
  writeFileSync(join(directory, "compose.yaml"), "services: { api: { image: nginx }, mail: { image: nginx } }\n");
  mkdirSync(join(directory, "mocks/mail/mappings"), { recursive: true });
  mkdirSync(join(directory, "mocks/pay"), { recursive: true });
  mkdirSync(join(directory, "mocks/nothing"), { recursive: true });
  mkdirSync(join(directory, "specs"), { recursive: true });
  for (const path of ["mocks/mail/openapi.yaml", "mocks/pay/openapi.json", "specs/pay.yaml"]) writeFileSync(join(directory, path), "{}\n");
  symlinkSync(elsewhere, join(directory, "mocks/away"));
});
afterAll(() => {
  for (const path of [directory, elsewhere]) rmSync(path, { recursive: true });
});

const read = (mocks: string, kind = "kind: integration, steps: [{ run: x }]") => {
  const text = `version: 1\njobs:\n  test: { ${kind}, mocks: ${mocks} }\n`;
  const { project, findings } = readProject({ directory, env: {}, text });
  const said = findings.filter(({ severity, place }) => severity !== "note" && place.file === "dojang.yml").map(formatFinding);
  return { mocks: project?.mocks.test ?? [], said };
};

test("a folder is a mock's stubs, with the OpenAPI document that lies in it", () => {
  const { mocks, said } = read("{ mail: mocks/mail }");

  expect(said).toEqual([]);
  expect(mocks).toMatchObject([{ name: "mail", hosts: ["mail"], stubs: "mocks/mail", openapi: ["mocks/mail/openapi.yaml"] }]);
});

test("a file is a mock's OpenAPI document", () => {
  const { mocks, said } = read("{ pay: specs/pay.yaml }");

  expect(said).toEqual([]);
  expect(mocks).toMatchObject([{ stubs: undefined, openapi: ["specs/pay.yaml"] }]);
});

test("the keys name hosts, ports and documents, and documents that are named are the only ones", () => {
  const { mocks, said } = read(
    "{ pay: { host: [api.pay.example, pay], ports: [8443], stubs: mocks/pay, openapi: specs/pay.yaml, mode: strict } }",
  );

  expect(said).toEqual([]);
  expect(mocks).toMatchObject([
    {
      hosts: ["pay", "api.pay.example"],
      stubs: "mocks/pay",
      openapi: ["specs/pay.yaml"],
      definition: { ports: [8443], mode: "strict", onUnmatched: "fail", onUndeclared: "fail", onUnused: "warn" },
    },
  ]);
});

test("what a broken contract means follows the mode unless it is said", () => {
  const consequence = (mock: string) => read(`{ pay: ${mock} }`).mocks[0]?.definition.onUndeclared;

  expect(consequence("{ openapi: specs/pay.yaml }")).toBe("warn");
  expect(consequence("{ openapi: specs/pay.yaml, mode: strict }")).toBe("fail");
  expect(consequence("{ openapi: specs/pay.yaml, mode: strict, on-undeclared: ignore }")).toBe("ignore");
});

test.each([
  "kind: performance, scenario: x.yaml, profiles: { load: { rate: 1/s, for: 1s } }",
  "kind: drill, drills: [{ name: d, fault: { stop: mail, for: 1s }, during: { http: GET http://api/, expect: { status: 200 } } }]",
])("a job of %s takes the same mocks", (kind) => {
  const { mocks, said } = read("{ mail: mocks/mail }", kind);

  expect(said).toEqual([]);
  expect(mocks).toHaveLength(1);
});

test("a drill may stop a mock like any service", () => {
  const drill = (service: string) =>
    `kind: drill, drills: [{ name: d, fault: { stop: ${service}, for: 1s }, during: { http: GET http://api/, expect: { status: 200 } } }]`;

  expect(read("{ pay: specs/pay.yaml }", drill("pay")).said).toEqual([]);
  expect(read("{ pay: specs/pay.yaml }", drill("pey")).said).toEqual([expect.stringContaining('there is no service "pey"')]);
});

test.each([
  ["a folder that is not there", "{ mail: mocks/male }", "jobs.test.mocks.mail: there is no mocks/male in the project"],
  ["a folder that a link leads out of the project", "{ mail: mocks/away }", "jobs.test.mocks.mail: there is no mocks/away in the project"],
  ["a file where the stubs should be", "{ mail: { stubs: specs/pay.yaml } }", "jobs.test.mocks.mail.stubs: specs/pay.yaml is a file"],
  [
    "a folder where a document should be",
    "{ mail: { openapi: [mocks/mail] } }",
    "jobs.test.mocks.mail.openapi[0]: mocks/mail is a folder; name an OpenAPI document",
  ],
  ["a folder with nothing to play", "{ mail: mocks/nothing }", "mocks/nothing has neither mappings/ nor openapi.yaml"],
  [
    "a host that two mocks have",
    "{ mail: mocks/mail, pay: { host: Mail, openapi: specs/pay.yaml } }",
    "jobs.test.mocks.pay: the host Mail belongs to the mock mail already; give each host to one mock",
  ],
  ["an unknown key", "{ mail: { stub: mocks/mail } }", "stub"],
  ["a mode that is none", "{ mail: { mode: hard } }", "jobs.test.mocks.mail.mode"],
  ["a host with a scheme", '{ mail: { host: "http://mail" } }', "must be a host's name, without scheme and port"],
])("%s is said at its place", (_what, mocks, expected) => {
  expect(read(mocks).said).toEqual([expect.stringContaining(expected)]);
});

test("a step cannot run in what is played", () => {
  const { said } = read("{ mail: mocks/mail }", "kind: integration, steps: [{ run: x, in: mail }]");

  expect(said).toEqual([
    expect.stringContaining(
      "jobs.test.steps[0].in: in this job mail is a mock, which has nothing of the service in it; remove `in` and ask it at `$DOJANG_MOCK_MAIL_URL`",
    ),
  ]);
});
