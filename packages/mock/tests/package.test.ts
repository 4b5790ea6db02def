import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { checkTypes, type InstalledPackage, installPackage, runFile } from "../../../scripts/installed-package.ts";
import { commandResult } from "./running-command.ts";

let installed: InstalledPackage;
let home: string;

beforeAll(() => {
  installed = installPackage(join(import.meta.dirname, ".."));
  home = installed.home;
}, 300_000);

afterAll(() => installed?.remove());

test("npx runs it, it answers, and it ends", async () => {
  mkdirSync(join(home, "stubs/mappings"), { recursive: true });
  const stub =
    'request: {url: /hello}\nresponse: {body: "{{request.method}}", transformers: [response-template]}\nmetadata: {dojang: {contract: ignore}}\n';
  writeFileSync(join(home, "stubs/mappings/a.yaml"), stub);
  writeFileSync(join(home, "api.yaml"), openapi);
  const args = ["--no-install", "dojang-mock", "--port", "0", "--dir", "stubs", "--openapi", "api.yaml", "--json"];
  const child = spawn("npx", args, { cwd: home, stdio: ["ignore", "pipe", "inherit"] });
  const code = new Promise((resolve) => child.on("close", resolve));
  onTestFinished(() => void child.kill());
  let line = "";
  for await (const chunk of child.stdout) {
    line += chunk;
    if (line.includes("\n")) break;
  }
  const { port } = JSON.parse(line);
  const ask = async (path: string, init?: RequestInit) => await (await fetch(`http://localhost:${port}${path}`, init)).text();
  expect(await ask("/hello")).toBe("GET");
  expect(JSON.parse(await ask("/pets"))).toEqual(["rex"]);
  expect(await ask("/nothing")).toContain("Request was not matched");
  const xml = {
    request: { url: "/xml", bodyPatterns: [{ matchesXPath: "//a[.='b']" }] },
    response: { body: "xml" },
    metadata: { dojang: { contract: "ignore" } },
  };
  await ask("/__admin/mappings", { method: "POST", body: JSON.stringify(xml) });
  expect(await ask("/xml", { method: "POST", body: "<x><a>b</a></x>" })).toBe("xml");
  expect(JSON.parse(await ask("/__admin/requests")).meta.total).toBe(4);
  await ask("/__admin/shutdown", { method: "POST" });
  expect(await code).toBe(0);
}, 120_000);

test("is imported as a library", () => {
  const program = `
    import { parseStubMapping, printStubMapping, startMock } from "@dojang/mock";
    const mock = await startMock({ listen: { port: 0 } });
    const parsed = parseStubMapping({ request: { url: "/things" }, response: { jsonBody: [1, 2] } });
    await mock.world.addStub(parsed.value);
    console.log(await (await fetch("http://localhost:" + mock.port + "/things")).text(), printStubMapping(parsed.value).request.url);
    const answer = await fetch("http://localhost:" + mock.port + "/__admin/health");
    console.log((await answer.json()).status, mock.world.journal.all().length);
    await mock.close();
  `;
  expect(runFile(process.execPath, ["--input-type=module", "-e", program], home)).toBe("[1,2] /things\nhealthy 1\n");
});

test("its types are complete, without zod and without the checkout", () => {
  checkTypes(
    installed,
    `import { type MockServer, startMock, type StubMapping } from "@dojang/mock";
     const mock: MockServer = await startMock({ listen: { port: 0 }, onServed: (event) => console.log(event.request.headers[0]?.name) });
     const stubs: readonly StubMapping[] = mock.world.stubs.all();
     // @ts-expect-error there is no such option
     await startMock({ prot: stubs.length });
    `,
  );
});

test("brings the terms of everything that is inside, and nothing else has to be installed", () => {
  const folder = join(home, "node_modules/@dojang/mock");
  expect(readFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8")).toMatch(/^yaml [\d.]+ \(ISC\)$/m);
  expect(existsSync(join(folder, "LICENSE"))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies).toBeUndefined();
  expect(existsSync(join(folder, "src"))).toBe(false);
});

test("the checkout's own command is found by npx", () => {
  const output = runFile("npx", ["--no-install", "dojang-mock", "--version"], join(import.meta.dirname, "../../.."));
  expect(output).toBe(commandResult(["--version"]).stdout);
});

const openapi = `openapi: 3.0.0
info: { title: pets, version: "1" }
paths:
  /pets:
    get:
      responses:
        "200":
          description: all
          content: { application/json: { example: [rex] } }
`;
