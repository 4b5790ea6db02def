// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are files with variables, not templates.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What a service built from this Dockerfile becomes where there is no Docker. */
function read(dockerfile: string, files: Readonly<Record<string, string>>, compose = "services: { app: { build: . } }\n") {
  const directory = mkdtempSync(join(tmpdir(), "dojang-dockerfile-"));
  folders.push(directory);
  for (const [path, text] of Object.entries({ ...files, Dockerfile: dockerfile, "compose.yaml": compose })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const { project, findings } = readProject({ directory, env: {}, text: "version: 1\njobs: { a: { steps: [{ run: x }] } }\n" });
  const service = project?.services[0];
  return { service, recipe: service?.program.kind === "build" ? service.program.recipe : undefined, findings };
}

const install = "npm ci --include=dev --no-audit --no-fund";
const node = { "package.json": '{"scripts":{"build":"tsc","start":"node dist/main.js"}}', "package-lock.json": "{}" };
const venv = "python3 -m venv --system-site-packages .venv";

test("a build stage's output is found where the last stage copies it to", () => {
  const { recipe } = read(
    'FROM node:22 AS build\nWORKDIR /src\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\nFROM node:22-slim\nWORKDIR /srv\nCOPY --from=build /src/dist /srv\nCMD ["node", "main.js", "--port=80"]\n',
    node,
  );
  expect(recipe).toMatchObject({ directory: "/srv", build: [install, "npm run build"], command: ["node", "dist/main.js", "--port=80"] });
});

test("a stage is chosen by name or by the Compose file's target, and its parents count", () => {
  const dockerfile =
    'FROM node:22 AS base\nWORKDIR /app\nENV A=base B=base\nCOPY . .\nFROM base AS dev\nENV B=dev\nCMD ["npm", "run", "dev"]\nFROM base AS prod\nCMD ["npm", "start"]\n';
  const { recipe } = read(dockerfile, node, "services: { app: { build: { context: ., target: dev } } }\n");
  expect(recipe).toMatchObject({ command: ["npm", "run", "dev"], environment: { A: "base", B: "dev" }, directory: "/app" });
});

test("arguments and variables are replaced, the Compose file's arguments first", () => {
  const dockerfile =
    "ARG TAG=20\nFROM node:${TAG}\nARG PORT=1000\nENV PORT=${PORT} URL=http://localhost:$PORT/\nWORKDIR /a\nWORKDIR b\nCOPY . .\nEXPOSE $PORT\nCMD node a.js\n";
  const { recipe, service } = read(dockerfile, node, "services: { app: { build: { context: ., args: { PORT: 9000 } } } }\n");
  expect(recipe).toMatchObject({
    environment: { PORT: "9000", URL: "http://localhost:9000/" },
    directory: "/a/b",
    command: ["sh", "-c", "node a.js"],
  });
  expect(service?.ports).toEqual([{ container: 9000, protocol: "tcp" }]);
});

test("an entrypoint is followed by the Compose file's command, and replaced by its entrypoint", () => {
  const dockerfile = 'FROM node:22\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["node"]\nCMD ["a.js"]\n';
  expect(read(dockerfile, node, "services: { app: { build: ., command: b.js } }\n").recipe?.command).toEqual(["node", "b.js"]);
  expect(read(dockerfile, node, 'services: { app: { build: ., entrypoint: [ "sh", "x.sh" ] } }\n').recipe?.command).toEqual(["sh", "x.sh"]);
  expect(read(dockerfile, node).recipe?.command).toEqual(["node", "a.js"]);
});

test("commands that prepare an image's system are left out, the project's own are kept", () => {
  const dockerfile =
    "FROM node:22\nWORKDIR /app\nRUN apt-get update && \\\n    # the compiler\n    apt-get install -y g++ && rm -rf /var/lib/apt/lists/*\nRUN npm install -g npm@10\nCOPY . .\nRUN npm ci && npx prisma generate && npm run build -- --prod && npm prune --omit=dev\nRUN addgroup app && adduser -S app && chown -R app /app\nCMD npm start\n";
  const { recipe, findings } = read(dockerfile, node);
  expect(recipe?.build).toEqual([install, "npx prisma generate", "npm run build -- --prod"]);
  expect(findings).toEqual([]);
});

test("a line that needs more of a shell is named, not guessed", () => {
  const { recipe, findings } = read("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN if [ -f x ]; then npm run build; fi\nCMD npm start\n", node);
  expect(recipe?.build).toEqual([install]);
  expect(findings).toMatchObject([{ severity: "note", code: "run-left-out", place: { file: "Dockerfile", line: 4 } }]);
});

test("a Dockerfile that copies what is built outside of it has it built", () => {
  const { recipe } = read(
    'FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCOPY dist ./dist\nCMD ["node", "dist/main.js"]\n',
    node,
  );
  expect(recipe?.build).toEqual([install, "npm run build"]);
});

test("pnpm and yarn start as npm does, because no registry is reached at run time", () => {
  const dockerfile = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN yarn && yarn build\nCMD ["yarn", "start"]\n';
  const { recipe } = read(dockerfile, { "package.json": node["package.json"], "yarn.lock": "" });
  expect(recipe).toMatchObject({
    build: ["npx --yes yarn@1 install --frozen-lockfile --production=false --non-interactive", "npm run build"],
    command: ["npm", "run", "start"],
  });
});

test("Python gets a virtual environment that sees the machine's modules, and its programs are found", () => {
  const dockerfile =
    'FROM python:3.12-slim\nENV PYTHONUNBUFFERED=1\nWORKDIR /code\nCOPY req/ req/\nRUN pip install --no-cache-dir -r req/prod.txt && pip install gunicorn==22.0.0\nCOPY . .\nRUN python manage.py collectstatic --noinput\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n';
  const { recipe } = read(dockerfile, { "req/prod.txt": "flask\n", "manage.py": "" });
  expect(recipe).toMatchObject({
    language: "python",
    build: [
      venv,
      ".venv/bin/pip install --disable-pip-version-check -r req/prod.txt",
      ".venv/bin/pip install gunicorn==22.0.0",
      ".venv/bin/python manage.py collectstatic --noinput",
    ],
    command: ["gunicorn", "-b", "0.0.0.0:8000", "app:app"],
    environment: { PYTHONUNBUFFERED: "1", VIRTUAL_ENV: "/code/.venv", PATH: expect.stringMatching(/^\/code\/\.venv\/bin:/) },
  });
});

test("here-documents, continued lines and comments are read as Docker reads them", () => {
  const dockerfile =
    'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN <<EOF\nset -e\nnpm ci\nnpm run build\nEOF\nCMD [ "node", \\\n  # the server\n  "dist/main.js" ]\n';
  expect(read(dockerfile, node).recipe).toMatchObject({ build: [install, "npm run build"], command: ["node", "dist/main.js"] });
});

test("a health check of the Dockerfile holds where the Compose file has none", () => {
  const dockerfile =
    "FROM node:22\nWORKDIR /app\nCOPY . .\nHEALTHCHECK --interval=2s --retries=9 CMD curl -f http://localhost:80/up || exit 1\nCMD node a.js\n";
  expect(read(dockerfile, node).service?.health).toMatchObject({
    probe: { kind: "http", method: "GET", path: "/up", port: 80 },
    intervalMs: 2000,
    retries: 9,
  });
  expect(read(dockerfile, node, "services: { app: { build: ., healthcheck: { disable: true } } }\n").service?.health).toBeUndefined();
});

test("a language that is not read is refused with what to write", () => {
  const { findings } = read('FROM golang:1.22 AS b\nRUN go build\nFROM scratch\nCOPY --from=b /app /app\nENTRYPOINT ["/app"]\n', {});
  expect(findings).toMatchObject([{ severity: "error", code: "recipe-unknown", fix: expect.stringContaining("app: { build: [") }]);
});
