import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import { type BuiltImage, createSandboxRuntime, probeMachine } from "@dojang/runtime";
import { loadProject } from "../packages/dojang/src/config/load-project.ts";

/**
 * Prints the row "preview environment with PostgreSQL, Redis, api, worker: ask to healthy" of the design's numbers, and the
 * time until nothing of it is left: `node bench/environment.ts [starts]`. Images are built and templates made beforehand, as in
 * every run after the first.
 */
const starts = Number(process.argv[2] ?? 7);
const wanted = ["postgres", "redis", "api", "worker"];

const signal = new AbortController().signal;
const home = mkdtempSync(join(tmpdir(), "dojang-bench-"));
chmodSync(home, 0o711);
const runtime = createSandboxRuntime({ home, machine: await probeMachine({ signal }) });
const project = await loadProject({ directory: join(import.meta.dirname, "..", "examples", "todo"), env: process.env, signal });
const services = project.services.filter((service) => wanted.includes(service.name));

try {
  const images = await build();
  await startOnce("warm-up", images);
  const times: { healthyMs: number; goneMs: number }[] = [];
  for (let round = 0; round < starts; round++) times.push(await startOnce(`round-${round}`, images));
  const healthy = times.map((time) => time.healthyMs).sort((a, b) => a - b);
  const gone = times.map((time) => time.goneMs).sort((a, b) => a - b);
  console.log(`environment: ${wanted.join(", ")} in the sandbox, ${starts} starts`);
  console.log(`  ask to healthy  ${row(healthy)} (target: median <= 1500 ms)`);
  console.log(`  stop to gone    ${row(gone)}`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function build(): Promise<Record<string, BuiltImage>> {
  const images: Record<string, BuiltImage> = {};
  for (const { name, program } of services) {
    if (program.kind !== "build") continue;
    const request = { project: project.name, service: name, program, environment: {}, timeoutMs: 600_000 };
    images[name] = await runtime.build({ ...request, egress: { kind: "allow", hosts: [] } }, { signal });
  }
  return images;
}

async function startOnce(id: string, images: Record<string, BuiltImage>) {
  const spec: EnvironmentSpec = {
    id,
    project: project.name,
    kind: "preview",
    services,
    volumes: project.volumes,
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: {},
    startTimeoutMs: 60_000,
  };
  const asked = performance.now();
  await runtime.start(spec, { signal, images });
  const healthyMs = performance.now() - asked;
  const stopping = performance.now();
  await runtime.stop(id);
  return { healthyMs, goneMs: performance.now() - stopping };
}

function row(sorted: readonly number[]): string {
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return `median ${at(0.5)} ms, least ${at(0)}, most ${at(1)}`;
}
