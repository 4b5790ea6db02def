import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readProject } from "../config/load-project.ts";
import { planInit } from "./plan-init.ts";
import { readRepositoryFacts } from "./repository-facts.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function repository(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "dojang-init-"));
  folders.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const planned = (directory: string) => planInit(readRepositoryFacts({ directory, env: {} }));
const understood = (directory: string, text: string) => readProject({ directory, env: {}, text });

const node = {
  "package.json": '{"scripts":{"lint":"biome check","test":"vitest run","migrate":"node migrate.js"}}',
  "package-lock.json": "{}",
};
const system = {
  Dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY . .\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
  "compose.yaml": "services: { web: { build: ., depends_on: [ db ] }, db: { image: postgres:16 } }\n",
};

const repositories: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
  ["Node with a system and a browser test", { ...node, ...system, "playwright.config.ts": "" }, ["lint", "unit", "integration"]],
  ["Node with a system and no test of it", { ...node, ...system }, ["lint", "unit", "system"]],
  ["Node alone", node, ["lint", "unit"]],
  ["Node's own test runner", { "package.json": '{"scripts":{"test":"node --test"}}' }, ["unit"]],
  ["Jest", { "package.json": '{"scripts":{"test":"jest"}}' }, ["unit"]],
  ["a test script of another kind", { "package.json": '{"scripts":{"test":"tap"}}' }, ["unit"]],
  ["scripts that test a system", { ...system, "package.json": '{"scripts":{"test:e2e":"tap e2e"}}' }, ["integration"]],
  ["Python with pytest", { "requirements.txt": "flask", "tests/test_app.py": "" }, ["unit"]],
  [
    "Python with a system",
    {
      "pyproject.toml": "",
      "tests/unit/test_a.py": "",
      "tests/integration/test_b.py": "",
      "docker-compose.yml": "services: { db: { image: postgres } }",
    },
    ["unit", "integration"],
  ],
  [
    "a language that is not known",
    { "main.go": "package main", "compose.yaml": "services: { app: { build: . } }", Dockerfile: 'FROM golang:1.22\nCMD ["app"]\n' },
    ["system"],
  ],
  ["nothing at all", {}, ["look"]],
  [
    "many packages",
    Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`packages/p${index}/package.json`, '{"scripts":{"test":"vitest"}}'])),
    ["unit-packages-p0", "unit-packages-p1"],
  ],
];

test.each(repositories)("of %s a file is planned that check accepts, with the jobs one would write", (_, files, jobs) => {
  const directory = repository(files);
  const { text } = planned(directory);
  const { project, findings } = understood(directory, text);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(Object.keys(project?.file.jobs ?? {})).toEqual(jobs);
  expect(text.split("\n").length).toBeLessThan(40);
});

test("scripts that name the kind of test are taken before all tests of a runner", () => {
  const { text } = planned(
    repository({
      ...node,
      ...system,
      "package.json": '{"scripts":{"test:unit":"vitest run --project unit","test:integration":"vitest run --project integration"}}',
      "vitest.config.ts": "",
      "playwright.config.ts": "",
    }),
  );
  expect(text).toContain("npm run test:unit -- --reporter=default --reporter=junit --outputFile.junit=out/unit.xml");
  expect(text).toContain("npm run test:integration -- --reporter=default --reporter=junit --outputFile.junit=out/integration.xml");
  expect(text).not.toContain("npx vitest run");
});

test("a script that writes its report already is run as it is", () => {
  const script = "vitest run --reporter=junit --outputFile.junit=reports/unit.xml";
  const { text } = planned(repository({ "package.json": JSON.stringify({ scripts: { "test:unit": script } }), "vitest.config.ts": "" }));
  expect(text).toContain("- run: npm run test:unit\n    reports: { junit: reports/unit.xml }");
});

test("migrations run in the service that is built and has a database", () => {
  const { text } = planned(
    repository({
      ...node,
      ...system,
      "compose.yaml": "services: { page: { build: . }, web: { build: ., depends_on: [ db ] }, db: { image: postgres:16 } }\n",
    }),
  );
  expect(text).toContain("- { run: npm run migrate, in: web }");
});

test("without a Compose file it says so", () => {
  expect(planned(repository(node)).notes).toContain(
    "there is no compose.yaml: the jobs run in the checkout alone; add one to test a running system",
  );
});

test("a service that cannot be told gets a line to correct, and a note", () => {
  const { text, notes } = planned(
    repository({ "compose.yaml": "services: { app: { build: . } }", Dockerfile: 'FROM golang:1.22\nCMD ["app"]\n' }),
  );
  expect(text).toContain("  app: { build: [], command: npm start }");
  expect(notes.join("\n")).toContain("how app runs without Docker cannot be told");
});

test("a service that asks for the engine's socket is left out, and the rest can be checked", () => {
  const directory = repository({
    "compose.yaml": `services:
  proxy: { image: "traefik:v3", volumes: [ "/var/run/docker.sock:/var/run/docker.sock" ] }
  web: { image: nginx, depends_on: [ proxy ] }
`,
  });
  const { text, notes } = planned(directory);
  expect(text).toContain("proxy: { omit: true }");
  expect(notes.join()).toContain("proxy is left out");
  expect(understood(directory, text).findings.filter(({ severity }) => severity === "error")).toEqual([]);
});
