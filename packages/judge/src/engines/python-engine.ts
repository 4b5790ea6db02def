import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import { dirname } from "node:path";
import { Problem } from "@dojang/model";
import { asGuest, seccompFilter } from "@dojang/runtime";
import { z } from "zod";
import type { RunOutcome } from "../contract.ts";
import { didNotStart, type GuestSandbox } from "../sandbox/guest-sandbox.ts";
import { requireGuests } from "../sandbox/require-guests.ts";
import type { Engine, Lane, LaneOrder, Unreadable } from "./engine.ts";
import { isDoubtfulTime } from "./run-clock.ts";
import { mostTests, reportSchema, toOutcome } from "./run-report.ts";
import { pythonRunnerText } from "./runner-text.ts";
import { type Answer, IdleHomes, type LaneParts, openLane } from "./sandbox-lane.ts";

/** pytest in a sandbox: see python/judge_runner/zygote.py for how its processes are divided. */
export async function createPythonEngine({ python }: { readonly python?: string } = {}): Promise<Engine> {
  await requireGuests();
  const interpreter = await findInterpreter(python);
  const runner = await pythonRunnerText();
  const seccomp = Buffer.from(seccompFilter(process.arch)).toString("hex");
  const homes = new IdleHomes();
  return { runsPerProcess: 1, open: (order) => openPython(order, { interpreter, runner, seccomp, homes }), close: () => homes.close() };
}

interface PythonParts {
  readonly interpreter: Interpreter;
  readonly runner: string;
  readonly seccomp: string;
  readonly homes: IdleHomes;
}

const ownMemoryBytes = 160 * 1024 * 1024;
const startLimitMs = 60_000;
export const pythonTestFile = "test_submission.py";

async function openPython(order: LaneOrder, { interpreter, runner, seccomp, homes }: PythonParts): Promise<Lane | Unreadable> {
  let unreadable: Unreadable["unreadable"] | undefined;
  let broken = 0;
  let isOpen = false;
  const parts: LaneParts = {
    argv: [interpreter.path, "-s", "-B", "-X", "utf8", "-c", runner],
    view: {
      shown: interpreter.folders.map((path) => ({ from: path, path })),
      environment: { PYTHONHASHSEED: "0", PYTEST_DISABLE_PLUGIN_AUTOLOAD: "1", PYTHONDONTWRITEBYTECODE: "1" },
      tmpBytes: 1024 * 1024,
      mayDivide: true,
    },
    ownMemoryBytes,
    runsPerSandbox: order.strict ? 1 : Number.POSITIVE_INFINITY,
    isolatesRuns: true,
    isTimedInside: true,
    async born(sandbox) {
      const born = bornSchema.safeParse(await withinStart(sandbox));
      if (born.success) return;
      await sandbox.close();
      throw didNotStart(sandbox.takeOutput());
    },
    async prepare(sandbox) {
      const nonce = randomUUID();
      sandbox.channel.send({ nonce, tests: order.tests.text, testFile: pythonTestFile, mostTests, seccomp, limits: order.limits });
      const answer = readySchema.safeParse(await withinStart(sandbox));
      order.signal.throwIfAborted();
      if (answer.success && answer.data.nonce === nonce) unreadable = answer.data.problem;
      else {
        await sandbox.close();
        // They were compiled before.
        if (isOpen) throw didNotStart(sandbox.takeOutput());
        // Compiling is all that was done with them: what breaks the compiler twice is no program.
        broken++;
        unreadable = { message: "the compiler did not survive them" };
      }
    },
    ...(order.strict
      ? {}
      : {
          idle: {
            homes,
            // Of tests that are no program the zygote has ended by itself.
            retire: (sandbox: GuestSandbox) => unreadable === undefined && sandbox.channel.send({ close: true }),
          },
        }),
    ask: (sandbox, { files, shuffle, nonce }) => sandbox.channel.send({ nonce, files, shuffle }),
    read: (frame, { nonce }) => readAnswer(frame, { nonce, limitMs: order.limits.timeMs }),
  };
  for (;;) {
    unreadable = undefined;
    const lane = await openLane(order, parts);
    isOpen = unreadable === undefined;
    if (isOpen) return lane;
    await lane.close();
    // Once may be the machine's doing: one that waited for its next submission may have ended meanwhile.
    if (broken !== 1) return { unreadable: unreadable ?? { message: "" } };
  }
}

async function withinStart(sandbox: GuestSandbox): Promise<unknown> {
  const timer = setTimeout(() => sandbox.end("time"), startLimitMs);
  try {
    return await sandbox.channel.receive();
  } finally {
    clearTimeout(timer);
  }
}

const bornSchema = z.object({ kind: z.literal("born") });

const readySchema = z.object({
  kind: z.literal("ready"),
  nonce: z.string(),
  problem: z
    .object({
      message: z.string(),
      line: z
        .number()
        .nullish()
        .transform((line) => line ?? undefined),
    })
    .optional(),
});

const resultSchema = z.object({
  kind: z.literal("result"),
  nonce: z.string(),
  end: z.enum(["ended", "time", "output"]),
  signal: z.number(),
  exit: z.number(),
  report: z.string(),
  output: z.string(),
  wallMs: z.number(),
  waitedMs: z.number(),
  usedMs: z.number(),
  memoryBytes: z.number(),
});

const { SIGKILL, SIGXCPU } = constants.signals;

// ExitCode of pytest: 0 all passed, 1 some failed, 2 interrupted (collection failed), 5 no tests.
function readAnswer(frame: unknown, { nonce, limitMs }: { readonly nonce: string; readonly limitMs: number }): Answer {
  const result = resultSchema.safeParse(frame);
  if (!result.success || result.data.nonce !== nonce) return { broken: "the sandbox answered something else" };
  const { end, signal, exit, output, wallMs, memoryBytes, usedMs } = result.data;
  const numbers = { output, wallMs, memoryBytes };
  const crashed = (message: string): { outcome: RunOutcome } => ({ outcome: { end: "crashed", tests: [], message, ...numbers } });
  if (end !== "ended")
    return { outcome: { end, tests: [], ...numbers }, isDoubtful: end === "time" && isDoubtfulTime({ ...result.data, limitMs }) };
  const overtime = { outcome: { end: "time" as const, tests: [], ...numbers } };
  if (signal === SIGXCPU) return overtime;
  // Of the limit of processor time, which process 1 of a namespace does not hear of, or of the kernel's for memory.
  if (signal === SIGKILL) return { killed: usedMs > limitMs ? overtime.outcome : crashed("the process was killed").outcome };
  if (signal !== 0) return crashed(`the process was ended by signal ${signal}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(result.data.report);
  } catch {
    return crashed(`the process ended with ${exit} before its tests did`);
  }
  const report = reportSchema.safeParse(parsed);
  if (!report.success || exit !== 0) return crashed(`the process ended with ${exit} and no results`);
  return { outcome: toOutcome(report.data, numbers) };
}

interface Interpreter {
  readonly path: string;
  /** Outside of /usr: where it and its libraries lie. */
  readonly folders: readonly string[];
}

const probe =
  "import sys, json, os; import pytest; print(json.dumps([os.path.realpath(sys.executable), sys.prefix, sys.base_prefix, os.path.dirname(os.path.dirname(pytest.__file__))]))";

async function findInterpreter(asked: string | undefined): Promise<Interpreter> {
  const candidates = asked === undefined ? ["/usr/bin/python3", "/usr/local/bin/python3", "python3"] : [asked];
  const said: string[] = [];
  for (const candidate of candidates) {
    const { stdout, error } = await runAsGuest([candidate, "-c", probe]);
    if (error === undefined) {
      // Printed by the probe above.
      const [path = candidate, ...folders] = JSON.parse(stdout) as string[];
      const outside = [dirname(path), ...folders].filter((folder) => folder !== "/usr" && !folder.startsWith("/usr/"));
      return { path, folders: [...new Set(outside)] };
    }
    said.push(`${candidate}: ${error}`);
  }
  throw new Problem({
    code: "judge-no-python",
    exit: "infrastructure",
    message: `no Python with pytest that guests can reach: ${said.join("; ")}`,
    fix: "install both where everyone may read them (`sudo apt-get install -y python3-pytest`), or name one with --python",
  });
}

function runAsGuest(argv: readonly string[]): Promise<{ readonly stdout: string; readonly error?: string }> {
  const [program = "", ...args] = asGuest(argv);
  return new Promise((resolve) =>
    execFile(program, args, { cwd: "/", timeout: 20_000, env: { PATH: process.env.PATH ?? "/usr/bin:/bin" } }, (error, stdout, stderr) =>
      resolve(error === null ? { stdout } : { stdout, error: (stderr.trim().split("\n").at(-1) ?? "") || error.message }),
    ),
  );
}
