import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function services(recipes: string) {
  const directory = mkdtempSync(join(tmpdir(), "dojang-shared-image-"));
  folders.push(directory);
  const files = {
    Dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
    "package.json": "{}",
    "compose.yaml": `services: { api: { build: ., image: "the-app:1" }, worker: { image: "the-app:1", command: node worker.js } }\n`,
    "dojang.yml": `version: 1\nservices: ${recipes}\njobs: { a: { steps: [{ run: x }] } }\n`,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  const { project, findings } = readProject({ directory, env: {} });
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return Object.fromEntries((project?.services ?? []).map((service) => [service.name, service]));
}

describe("a service whose image another service of the file builds", () => {
  test("runs from the same source, with a command of its own", () => {
    const { api, worker } = services("{}");
    expect(worker?.program).toMatchObject({ kind: "build", command: ["node", "worker.js"] });
    expect(worker?.program).toMatchObject({
      context: api?.program.kind === "build" ? api.program.context : "",
      recipe: { directory: "/app" },
    });
  });

  test("is built as dojang.yml says of the other, and started as it says of itself", () => {
    const { worker } = services("{ api: { build: [make], command: node api.js, port: 80 }, worker: { command: node own.js } }");
    expect(worker?.program).toMatchObject({ kind: "build", recipe: { build: ["make"], command: ["node", "own.js"] } });
    expect(worker?.ports.map(({ container }) => container)).not.toContain(80);
  });
});
