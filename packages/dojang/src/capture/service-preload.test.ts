import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogRecord } from "@dojang/model";
import type { OutputLine } from "@dojang/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogJoiner } from "./log-joiner.ts";
import { until } from "./recorder-harness.ts";
import { pageBody, preloadSource, repositoryRoot, type StepHarness, startStepHarness, subresources } from "./step-harness.ts";

let steps: StepHarness;
let children: ChildProcess[];
let lines: OutputLine[];

beforeEach(async () => {
  steps = await startStepHarness();
  children = [];
  lines = [];
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await steps[Symbol.asyncDispose]();
});

describe("log lines of unchanged Node services", () => {
  it("belong to the request that caused them, through two services, for every request of two browser workers", async () => {
    const back = await service("back", {});
    // Only so that the front can serve the same page as the other tests; it is no part of what is shown.
    const page = join(steps.folder, "page.mjs");
    await writeFile(page, `const subresources = ${subresources};\nglobalThis.pageBody = ${pageBody.toString()};\n`);
    const front = await service("front", { NEXT: `http://127.0.0.1:${back}` }, [`--import=${page}`]);
    steps.recorded.route("web", front);
    await steps.step("playwright", [
      "node",
      join(repositoryRoot, "node_modules/@playwright/test/cli.js"),
      "test",
      "-g",
      "opens the page as",
    ]);
    await steps.recorded.recorder.close();
    const transactions = steps.recorded.facts.transactions.filter(({ url }) => url.startsWith("http://web/"));
    expect(transactions).toHaveLength(4 * (1 + subresources + 3));
    // Eight lines a request (one record has two), and one of each service at its start.
    await until(() => lines.length >= 8 * transactions.length + 2, "all lines");
    const records = joined();
    for (const { requestId, url, testAttempt } of transactions) {
      const path = new URL(url).pathname;
      expect(testAttempt).toBeDefined();
      const caused = records.filter((record) => record.requestId === requestId).map(({ text }) => text);
      expect(caused.toSorted()).toEqual(
        [
          `back answers ${path}`,
          `back answers ${path}`,
          `back saw ${path}`,
          `back saw ${path}`,
          `front done ${path}\n    at line two`,
          `front took ${path}`,
          `{"level":30,"msg":"front halfway ${path}"}`,
        ].toSorted(),
      );
    }
  }, 120_000);

  it("are left as they are without a request, and with DOJANG_PRELOAD=off", async () => {
    const back = await service("back", { DOJANG_PRELOAD: "off" });
    const front = await service("front", { NEXT: `http://127.0.0.1:${back}` });
    steps.recorded.route("web", front);
    const answer = await fetch(`http://127.0.0.1:${front}/direct`, { method: "POST", body: "hello" });
    expect(await answer.text()).toBe("hello");
    await until(() => lines.length >= 8 + 2, "all lines");
    expect(lines.filter(({ text }) => text.includes("\u0001"))).toEqual([]);
    expect(joined().every(({ requestId }) => requestId === undefined)).toBe(true);
  });
});

function joined(): LogRecord[] {
  const joiners = new Map(["front", "back"].map((service) => [service, createLogJoiner({ environment: "env-1", service })]));
  const records = lines.flatMap((line) => joiners.get(line.service)?.push(line) ?? []);
  return [...records, ...[...joiners.values()].flatMap((joiner) => joiner.flush())];
}

/** Starts a fixture as a service with the preload; resolves with its port when it listens. */
async function service(name: string, variables: Record<string, string>, options: string[] = []): Promise<number> {
  const env = { PATH: process.env.PATH, NODE_OPTIONS: `--require="${preloadSource}/service.mjs"`, ...variables };
  const child = spawn(process.execPath, [...options, join(import.meta.dirname, "fixtures/services", `${name}.mjs`)], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let position = 0;
  let port: number | undefined;
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream] }).on("line", (text) => {
      port ??= Number(/listening on (\d+)/.exec(text)?.[1]) || undefined;
      lines.push({ service: name, position: ++position, at: Date.now(), stream, text });
    });
  }
  await Promise.race([
    until(() => port, `${name} to listen`),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ]);
  return port ?? 0;
}
