import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HostRuntime } from "./host-runtime.ts";

let home: string;
const signal = new AbortController().signal;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "dojang-host-"));
  await chmod(home, 0o711);
});
afterEach(() => rm(home, { recursive: true, force: true }));

test("a command of the workspace has a home, npm and Dojang's Node, although the environment has no service", async () => {
  const tree = join(home, "tree");
  await mkdir(tree, { mode: 0o755 });
  await writeFile(join(tree, "package.json"), '{ "name": "sample", "scripts": { "say": "node -p process.versions.node" } }');
  const spec: EnvironmentSpec = {
    id: "job-1",
    project: "sample",
    kind: "job",
    services: [],
    workspace: { tree, mountAt: "/work" },
    volumes: [],
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: {},
    startTimeoutMs: 10_000,
  };
  const runtime = new HostRuntime({ home });
  await runtime.start(spec, { signal, images: {} });
  try {
    let said = "";
    const command = ["sh", "-c", 'test -d "$HOME" && npm run --silent say'];
    const result = await runtime.exec(
      "job-1",
      {
        command,
        environment: {},
        timeoutMs: 20_000,
        outputLimitBytes: 100_000,
        onOutput: ({ data }) => {
          said += Buffer.from(data).toString();
        },
      },
      { signal },
    );

    expect({ exitCode: result.exitCode, said: said.trim() }).toEqual({ exitCode: 0, said: process.versions.node });
  } finally {
    await runtime.stop("job-1");
  }
});
