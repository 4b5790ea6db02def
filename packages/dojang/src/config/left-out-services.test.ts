import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatFinding } from "@dojang/model";
import { afterEach, describe, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function read(files: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), "dojang-left-out-"));
  folders.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const { project, findings } = readProject({ directory, env: {} });
  return { services: project?.services ?? [], said: findings.filter(({ severity }) => severity !== "note").map(formatFinding) };
}

const compose = `
services:
  proxy:
    image: traefik:v3
    privileged: true
    ports: ["$HTTP_PORT:80"]
    volumes: [ /var/run/docker.sock:/var/run/docker.sock ]
  admin:
    image: phpmyadmin
  app:
    image: nginx
    depends_on: [ proxy, db ]
    links: [ "proxy:edge" ]
  job:
    image: nginx
    depends_on: { proxy: { condition: service_healthy }, db: { condition: service_started } }
  db:
    image: mysql:8
`;

const dojang = (more: string) => `version: 1\nservices: { proxy: { omit: true }, admin: { omit: true } }\njobs: ${more}\n`;

describe("a service that dojang.yml omits", () => {
  test("is not started, nobody waits for it, and what its text says is not judged", () => {
    const { services, said } = read({ "compose.yaml": compose, "dojang.yml": dojang("{ a: { kind: integration, steps: [{ run: x }] } }") });
    expect(said).toEqual([]);
    expect(services.map(({ name, dependsOn }) => [name, dependsOn.map(({ service }) => service)])).toEqual([
      ["app", ["db"]],
      ["job", ["db"]],
      ["db", []],
    ]);
  });

  test("is no place to run a step in", () => {
    const { said } = read({
      "compose.yaml": compose,
      "dojang.yml": dojang("{ a: { kind: integration, steps: [{ run: x, in: proxy }] } }"),
    });
    expect(said).toEqual([expect.stringContaining('there is no service "proxy"')]);
  });

  test("must be a service of the Compose file", () => {
    const { said } = read({ "compose.yaml": compose, "dojang.yml": dojang("{ a: { steps: [{ run: x }] } }").replace("admin:", "adnim:") });
    expect(said).toEqual([expect.stringContaining('no service "adnim"')]);
  });
});
