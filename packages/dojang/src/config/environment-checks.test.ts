import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-environments-"));
  writeFileSync(
    join(directory, "compose.yaml"),
    "services: { web: { image: nginx }, postgres: { image: postgres, environment: { POSTGRES_PASSWORD: x } } }\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

const site = (inside: string) => `site: { hosts: [todo.example.com], routes: [{ path: /, to: web }], ${inside} }`;

test.each([
  [
    "a route to no service",
    "site: { hosts: [a.example.com], routes: [{ path: /, to: wep }] }",
    'site.routes[0].to: there is no service "wep"; did you mean "web"?',
  ],
  [
    "a path routed twice",
    "site: { hosts: [a.example.com], routes: [{ path: /api, to: web }, { path: /api/, to: web }] }",
    "site.routes[1].path: must be there once",
  ],
  ["a route to a service left out", `${site("")}, services: { leave-out: [web] }`, "site.routes[0].to: web is left out of staging"],
  ["a secret that is a variable too", "variables: [TOKEN], secrets: [TOKEN]", "secrets[0]: TOKEN is a variable and a secret"],
  [
    "a secret whose value is in the file",
    "secrets: [TOKEN], values: { TOKEN: x }",
    "values.TOKEN: TOKEN is a secret, and its value stands in dojang.yml",
  ],
  [
    "a backup of no service",
    "backups: { services: [postgre] }",
    'backups.services[0]: there is no service "postgre"; did you mean "postgres"?',
  ],
  [
    "a backup store whose key is no variable",
    "secrets: [BACKUP_SECRET_KEY], backups: { services: [postgres], to: [{ s3: { bucket: b } }] }",
    "backups.to[0].s3: BACKUP_ACCESS_KEY is neither a variable nor a secret of staging",
  ],
  [
    "an alert to an address that is no variable",
    "watch: { alerts: [{ slack: SLACK_URL }] }",
    "watch.alerts[0]: SLACK_URL is neither a variable nor a secret of staging",
  ],
  [
    "a host name that is none",
    "site: { hosts: ['a b; }'], routes: [{ path: /, to: web }] }",
    "site.hosts[0]: must be a host name such as todo.example.com",
  ],
  [
    "a path that would be more than one",
    "site: { hosts: [a.example.com], routes: [{ path: '/a;b', to: web }] }",
    "site.routes[0].path: must be a path that begins with '/'",
  ],
  ["a rate of nothing", `${site("rate-limit: { rate: 0/s }")}`, "site.rate-limit.rate: must be a rate above 0"],
])("%s is found, with its place", (_what, environment, message) => {
  const text = `environments:\n  staging: { ${environment} }\njobs:\n  a: { steps: [{ run: x }] }\n`;
  const found = readProject({ directory, env: {}, text: `version: 1\n${text}` })
    .findings.filter(({ severity }) => severity === "error")
    .map(formatFinding);
  expect(
    found.some((line) => line.includes(`environments.staging.${message}`)),
    found.join("\n"),
  ).toBe(true);
});

test("one host is of one environment, unless their ports differ", () => {
  const text = (port: number) =>
    `version: 1\nenvironments:\n  staging: { ${site("listen: { https: 8443 }")} }\n  production: { ${site(`listen: { https: ${port} }`)} }\njobs:\n  a: { steps: [{ run: x }] }\n`;
  const codes = (port: number) => readProject({ directory, env: {}, text: text(port) }).findings.map(({ code }) => code);
  expect(codes(8443)).toContain("host-twice");
  expect(codes(443)).not.toContain("host-twice");
});

test("a deploy job whose environment has no site is warned of", () => {
  const { findings } = readProject({ directory, env: {}, text: "version: 1\njobs:\n  a: { kind: deploy, environment: staging }\n" });
  expect(findings.find(({ code }) => code === "environment-without-site")).toMatchObject({ severity: "warning", place: { line: 3 } });
});
