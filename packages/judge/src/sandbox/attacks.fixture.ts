import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { expect } from "vitest";
import type { JudgeLimits, ProgramFiles, RunOutcome } from "../contract.ts";
import type { Lane } from "../engines/engine.ts";
import { engineOf, goodTests, grade, smallExercise, smallLimits } from "../judging/judging.fixture.ts";

/** What tests of hostile submissions share: a guest that tells what it saw, and looks at this machine from outside. */
const lanes: Lane[] = [];

/** After each test. */
export async function closeLanes(): Promise<void> {
  for (const lane of lanes.splice(0)) await lane.close();
}

export async function openLane(
  lang: "python" | "typescript",
  text: string,
  { strict = false, ...limits }: Partial<JudgeLimits> & { strict?: boolean } = {},
): Promise<Lane> {
  const engine = await engineOf(lang);
  const lane = await engine.open({
    tests: { name: "tests", text },
    limits: { ...smallLimits, timeMs: 30_000, ...limits },
    signal: AbortSignal.timeout(200_000),
    strict,
  });
  if ("unreadable" in lane) throw new Error(lane.unreadable.message);
  lanes.push(lane);
  return lane;
}

export const reference: ProgramFiles = smallExercise("python").reference;

/** Runs the lines in a Python test and gives what they leave in `seen`. */
export async function inPython(lines: string, limits: Partial<JudgeLimits> = {}): Promise<string> {
  const lane = await openLane(
    "python",
    `def test_it():\n    seen = None\n${lines.trim().replaceAll(/^/gm, "    ")}\n    raise AssertionError("SEEN" + str(seen))\n`,
    limits,
  );
  return seenIn(await lane.run(reference));
}

export function seenIn(outcome: RunOutcome): string {
  const message = outcome.tests[0]?.message ?? "";
  if (!message.startsWith("SEEN") && !message.includes("SEEN")) throw new Error(`the guest said nothing: ${JSON.stringify(outcome)}`);
  return message.slice(message.indexOf("SEEN") + 4);
}

export const stillWorks = async () => expect((await grade("python", goodTests.python)).verdict).toBe("accepted");

/** Of every bwrap of this machine that is the judge's. */
export function guestUsers(): readonly number[] {
  return statuses()
    .filter((status) => /^Name:\s+(bwrap|python3)/m.test(status))
    .map((status) => Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]))
    .filter((uid) => uid !== 0 || process.getuid?.() !== 0);
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const statuses = () => pids().map((pid) => readQuietly(`/proc/${pid}/status`));
export const commandLines = () => pids().map((pid) => readQuietly(`/proc/${pid}/cmdline`));

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export function listen(where: { host?: string; port?: number; path?: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => server.listen(where, () => resolve(server)));
}
