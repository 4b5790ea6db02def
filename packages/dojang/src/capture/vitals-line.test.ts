import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { splitVitals, type Vitals } from "./vitals-line.ts";

const preload = join(import.meta.dirname, "..", "..", "preload", "service.mjs");

/** Runs a program with the preload until it told `count` times how it fares; gives that and the other lines. */
async function run(program: string, { count, environment }: { count: number; environment: Record<string, string> }) {
  const child = spawn(process.execPath, ["--expose-gc", `--require=${preload}`, "-e", program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const told: Vitals[] = [];
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const { text, vitals } = splitVitals(line);
    if (vitals !== undefined) told.push(vitals);
    if (text !== undefined) lines.push(text);
    if (told.length >= count) break;
  }
  const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  child.kill("SIGKILL");
  await exited;
  return { told, lines };
}

test("a process that blocks its event loop tells so, with its collections and its heap, and its own lines stay", async () => {
  const block =
    "console.error('begun'); setInterval(() => { gc(); const to = performance.now() + 80; while (performance.now() < to); }, 1)";
  const { told, lines } = await run(block, { count: 4, environment: { DOJANG_VITALS_MS: "200" } });
  const last = told.at(-1);
  expect(last?.loop.utilization).toBeGreaterThan(0.8);
  expect(last?.loop.max).toBeGreaterThan(40);
  expect(last?.collections.some((collection) => collection.kind === "major" && collection.ms > 0)).toBe(true);
  expect(last?.heap.limit).toBeGreaterThan(last?.heap.used ?? Number.POSITIVE_INFINITY);
  expect(lines).toEqual(["begun"]);
});

test("without being asked a process tells nothing", async () => {
  const { told, lines } = await run("console.error('begun'); setTimeout(() => {}, 300)", {
    count: 1,
    environment: { DOJANG_VITALS_MS: "" },
  });
  expect(told).toEqual([]);
  expect(lines).toEqual(["begun"]);
});

test("being watched keeps no process alive", async () => {
  const { lines } = await run("console.error('over')", { count: 1000, environment: { DOJANG_VITALS_MS: "50" } });
  expect(lines).toEqual(["over"]);
});

test("what only looks like vitals stays in the log", () => {
  for (const line of [
    "\u0001vitals\u0002{}\u0003",
    "\u0001vitals\u0002nonsense\u0003",
    "\u0001vitals\u0002{",
    '\u0001vitals\u0002{"at":"x"}\u0003',
  ]) {
    expect(splitVitals(line)).toEqual({ text: line, vitals: undefined });
  }
});

test("a line that vitals were written into is whole again without them", () => {
  const vitals = { at: 1, pid: 2, loop: { utilization: 0.5 }, heap: { used: 1, size: 2, limit: 3 }, collections: [] };
  expect(splitVitals(`half a \u0001vitals\u0002${JSON.stringify(vitals)}\u0003line`)).toEqual({ text: "half a line", vitals });
});
