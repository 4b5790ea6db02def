// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are files with variables, not templates.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatFinding, Problem } from "@dojang/model";
import { afterEach, describe, expect, test } from "vitest";
import { loadProject, readProject } from "./load-project.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function project(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "dojang-config-"));
  folders.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const findings = (files: Readonly<Record<string, string>>, env: Record<string, string> = {}) =>
  readProject({ directory: project(files), env })
    .findings.filter(({ severity }) => severity === "error")
    .map(formatFinding);

const oneJob = "version: 1\njobs: { unit: { steps: [{ run: npm test }] } }\n";

describe("loading a project", () => {
  test("without a Compose file has jobs and no services", async () => {
    const loaded = await loadProject({ directory: project({ "dojang.yml": oneJob }), env: {} });
    expect(loaded.services).toEqual([]);
    expect(loaded.composeFile).toBeUndefined();
    expect(loaded.file.jobs.unit).toMatchObject({ kind: "steps", needs: [], allowFailure: false });
    expect(loaded.file.defaults).toMatchObject({ timeoutMs: 900_000, startTimeoutMs: 120_000, retry: { max: 2 } });
  });

  test("is named by dojang.yml, else by the Compose file, else by its folder", async () => {
    const compose = "name: From_Compose\nservices: { a: { image: nginx } }\n";
    const named = await loadProject({ directory: project({ "dojang.yml": `name: own\n${oneJob}`, "compose.yaml": compose }), env: {} });
    const composed = await loadProject({ directory: project({ "dojang.yml": oneJob, "compose.yaml": compose }), env: {} });
    const plain = await loadProject({ directory: project({ "dojang.yml": oneJob }), env: {} });
    expect([named.name, composed.name]).toEqual(["own", "from-compose"]);
    expect(plain.name).toMatch(/^dojang-config-/);
  });

  test("throws every error of both files at once, and keeps the warnings among them", async () => {
    const directory = project({
      "dojang.yml": "version: 1\nnam: x\njobs: { a: { steps: [{ rn: x }] } }\n",
      "compose.yaml": "version: '3'\nservices: { web: { image: nginx, privileged: true }, db: { imag: x } }\n",
    });
    const error = await loadProject({ directory, env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    if (!(error instanceof Problem)) return;
    expect(error).toMatchObject({ code: "configuration-invalid", exitCode: 2, message: "the configuration has 5 errors" });
    expect(error.findings.map(({ place }) => `${place.file}:${place.line}`)).toEqual([
      "dojang.yml:2",
      "dojang.yml:3",
      "dojang.yml:3",
      "compose.yaml:1",
      "compose.yaml:2",
      "compose.yaml:2",
    ]);
  });

  test("of a folder without dojang.yml says what writes one", async () => {
    await expect(loadProject({ directory: project({}), env: {} })).rejects.toMatchObject({
      code: "dojang-file-missing",
      exit: "configuration",
      fix: expect.stringContaining("dojang init"),
    });
    await expect(loadProject({ directory: "/nowhere/at/all", env: {} })).rejects.toMatchObject({ code: "project-missing" });
    await expect(loadProject({ directory: project({ "dojang.yml": oneJob }), dojangFile: "../other.yml", env: {} })).rejects.toMatchObject({
      message: expect.stringContaining("outside"),
    });
  });

  test("reads a Compose file of another name, and says when it is not there", async () => {
    const loaded = await loadProject({
      directory: project({
        "dojang.yml": `compose: deploy/stack.yml\n${oneJob}`,
        "deploy/stack.yml": "services: { a: { image: nginx, volumes: [ ./x:/x ] } }\n",
        "deploy/x/y": "",
      }),
      env: {},
    });
    expect(loaded.services[0]?.mounts).toMatchObject([{ kind: "bind", source: join(loaded.directory, "deploy/x") }]);
    expect(findings({ "dojang.yml": `compose: gone.yml\n${oneJob}` })).toEqual([
      "dojang.yml:1:10 compose: there is no file gone.yml; correct the path, or remove `compose:`",
    ]);
  });

  test("takes variables from the process before .env", async () => {
    const directory = project({
      "dojang.yml": oneJob,
      ".env": "TAG=file\nOTHER=file\n",
      "compose.yaml": "services: { a: { image: 'x:${TAG}-${OTHER}' } }\n",
    });
    const { services } = await loadProject({ directory, env: { TAG: "process" } });
    expect(services[0]?.program).toMatchObject({ image: "x:process-file" });
  });

  test("knows by the commands of its install where packages come from, also when they lie in a folder below", async () => {
    const install = (command: string) => `workspace: { install: [${command}] }\n${oneJob}`;
    const npm = await loadProject({ directory: project({ "dojang.yml": install("cd web && npm ci") }), env: {} });
    expect(npm.workspace).toMatchObject({ language: "node", egress: ["registry.npmjs.org"] });
    const pip = await loadProject({ directory: project({ "dojang.yml": install(".venv/bin/pip install flask") }), env: {} });
    expect(pip.workspace).toMatchObject({ language: "python", egress: ["pypi.org", "files.pythonhosted.org"] });
    const none = await loadProject({ directory: project({ "dojang.yml": install("make") }), env: {} });
    expect(none.workspace).toMatchObject({ language: "other", egress: [] });
  });

  test("waits for a database that is only said to be started until it can be used", async () => {
    const compose = "services: { a: { image: node, depends_on: [ db, b ] }, db: { image: postgres }, b: { image: node } }\n";
    const { services } = await loadProject({ directory: project({ "dojang.yml": oneJob, "compose.yaml": compose }), env: {} });
    expect(services[0]?.dependsOn.map(({ service, condition }) => `${service} ${condition}`)).toEqual(["db healthy", "b started"]);
  });

  test("takes variables from the env file it names instead of .env, as `docker compose --env-file` does", async () => {
    const compose = "services: { a: { image: 'x:${TAG}' } }\n";
    const directory = project({
      "dojang.yml": `env-file: env-example\n${oneJob}`,
      ".env": "TAG=dot\n",
      "env-example": "TAG=named\n",
      "compose.yaml": compose,
    });
    expect((await loadProject({ directory, env: {} })).services[0]?.program).toMatchObject({ image: "x:named" });
    expect(findings({ "dojang.yml": `env-file: gone\n${oneJob}`, "compose.yaml": compose })).toEqual([
      "dojang.yml:1:11 env-file: there is no file gone; correct the path, or remove `env-file:`",
    ]);
  });

  test("never follows a link out of the project", () => {
    const outside = project({ "secret.txt": "s3cret", "folder/file": "" });
    const directory = project({
      "dojang.yml": oneJob,
      "compose.yaml":
        "services: { a: { image: nginx, secrets: [ s ], volumes: [ './link:/x' ], env_file: stolen.env } }\nsecrets: { s: { file: stolen.env } }\n",
    });
    symlinkSync(join(outside, "secret.txt"), join(directory, "stolen.env"));
    symlinkSync(join(outside, "folder"), join(directory, "link"));
    const { findings: found } = readProject({ directory, env: {} });
    expect(found.map(({ code }) => code)).toEqual(["path-outside-project", "path-outside-project", "path-outside-project"]);
    expect(JSON.stringify(readProject({ directory, env: {} }))).not.toContain("s3cret");
  });
});

describe("services", () => {
  const node = { Dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY . .\nEXPOSE 80\nCMD ["node", "a.js"]\n', "package.json": "{}" };

  test("of dojang.yml win over the Dockerfile in what they say, and leave it the rest", async () => {
    const directory = project({
      ...node,
      "dojang.yml": `services: { api: { command: node b.js, port: 9000, health: GET /health, env: { A: two } } }\n${oneJob}`,
      "compose.yaml": "services: { api: { build: ., environment: { A: one, B: one } } }\n",
    });
    const { services } = await loadProject({ directory, env: {} });
    expect(services[0]).toMatchObject({
      environment: { A: "two", B: "one" },
      health: { probe: { kind: "http", method: "GET", path: "/health", port: 9000 }, intervalMs: 500 },
      program: {
        recipe: {
          command: ["node", "b.js"],
          build: ["npm install --include=dev --no-audit --no-fund"],
          origin: expect.stringContaining("services.api of dojang.yml"),
        },
      },
    });
  });

  test("keep the Compose file's health check, unless it calls curl and dojang.yml has another", async () => {
    const compose =
      "services: { a: { build: ., healthcheck: { test: curl -f http://localhost/x | grep ok } }, b: { build: ., healthcheck: { test: [ CMD, node, probe.js ] } } }\n";
    const directory = project({
      ...node,
      "compose.yaml": compose,
      "dojang.yml": `services: { a: { health: tcp }, b: { health: tcp } }\n${oneJob}`,
    });
    const { services } = await loadProject({ directory, env: {} });
    expect(services.map(({ health }) => health?.probe)).toEqual([
      { kind: "tcp", port: 80 },
      { kind: "command", command: ["node", "probe.js"] },
    ]);
  });

  test("with an image run from source when dojang.yml gives a command", async () => {
    const directory = project({
      "package.json": '{"scripts":{"dev":"node x"}}',
      "package-lock.json": "{}",
      "compose.yaml":
        "services: { app: { image: 'node:20', working_dir: /home/app, volumes: [ '.:/home/app', /home/app/node_modules ], command: npm run dev } }\n",
      "dojang.yml": `services: { app: { command: npm run dev, port: 3000 } }\n${oneJob}`,
    });
    const { services, volumes } = await loadProject({ directory, env: {} });
    expect(services[0]).toMatchObject({
      program: { kind: "build", recipe: { command: ["npm", "run", "dev"], directory: "/home/app", language: "node" } },
      mounts: [],
    });
    expect(volumes).toEqual([]);
  });

  test("that wait for a health nobody looks at are refused when the service is built here", () => {
    expect(
      findings({
        ...node,
        "dojang.yml": oneJob,
        "compose.yaml": "services: { a: { image: nginx, depends_on: { b: { condition: service_healthy } } }, b: { build: . } }\n",
      }),
    ).toEqual([
      "compose.yaml:1:49 services.a.depends_on.b: a waits until b is healthy, and nothing says when it is; add a healthcheck to b, or services.b.health in dojang.yml, or wait for service_started",
    ]);
  });

  test("that dojang.yml names and the Compose file does not are refused", () => {
    expect(
      findings({ "dojang.yml": `services: { wbe: { port: 1 } }\n${oneJob}`, "compose.yaml": "services: { web: { image: nginx } }\n" }),
    ).toEqual(['dojang.yml:1:13 services.wbe: the Compose file has no service "wbe"; did you mean "web"?']);
  });
});

describe("the workspace", () => {
  test.each([
    ["npm", { "package.json": "{}", "package-lock.json": "{}" }, ["npm ci --include=dev --no-audit --no-fund"]],
    [
      "pnpm",
      { "package.json": '{"packageManager":"pnpm@9.1.0+sha512.abc"}', "pnpm-lock.yaml": "" },
      ["npx --yes pnpm@9.1.0 install --frozen-lockfile --prod=false"],
    ],
    [
      "yarn 1",
      { "package.json": "{}", "yarn.lock": "" },
      ["npx --yes yarn@1 install --frozen-lockfile --production=false --non-interactive"],
    ],
    [
      "pip",
      { "requirements.txt": "flask" },
      ["python3 -m venv --system-site-packages .venv", ".venv/bin/pip install --disable-pip-version-check -r requirements.txt"],
    ],
    ["nothing", {}, []],
  ])("is installed by %s when its lock file says so", async (_, files, install) => {
    const { workspace } = await loadProject({ directory: project({ ...files, "dojang.yml": oneJob }), env: {} });
    expect(workspace.install).toEqual(install);
  });

  test("may reach the registry that is configured, and what dojang.yml says instead", async () => {
    const files = { "package.json": "{}", ".npmrc": "registry=https://npm.example.org/mirror/\n" };
    const told = await loadProject({ directory: project({ ...files, "dojang.yml": oneJob }), env: {} });
    const said = await loadProject({
      directory: project({ ...files, "dojang.yml": `workspace: { install: [make deps], egress: ["*.example.com"] }\n${oneJob}` }),
      env: {},
    });
    expect(told.workspace.egress).toContain("npm.example.org");
    expect(said.workspace).toMatchObject({ install: ["make deps"], egress: ["*.example.com"] });
  });
});

describe("variables of a deployment environment", () => {
  const environments = "environments: { staging: { variables: [URL, TOKEN, MODE], values: { MODE: test }, file: staging.env } }\n";

  test("come from its values, its file, or the machine's variable with its name before it, never from a plain one", async () => {
    const directory = project({ "dojang.yml": `${environments}${oneJob}`, "staging.env": "URL=http://file\nMODE=ignored\nUNLISTED=x\n" });
    const { file } = await loadProject({ directory, env: { TOKEN: "plain", STAGING_TOKEN: "secret" } });
    expect(file.environments.staging?.values).toEqual({ URL: "http://file", MODE: "test", TOKEN: "secret" });
  });

  test("stay missing rather than fall back", async () => {
    const directory = project({ "dojang.yml": `${environments}${oneJob}`, "staging.env": "" });
    const { file } = await loadProject({ directory, env: { URL: "x", TOKEN: "x", PRODUCTION_TOKEN: "x" } });
    expect(file.environments.staging?.values).toEqual({ MODE: "test" });
  });
});
