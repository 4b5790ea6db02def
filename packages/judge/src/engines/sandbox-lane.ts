import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import type { JudgeLimits, ProgramFiles, RunEnd, RunOutcome } from "../contract.ts";
import type { GuestView } from "../sandbox/guest-arguments.ts";
import { type GuestSandbox, openSandbox } from "../sandbox/guest-sandbox.ts";
import { type LimitGroup, makeLimitGroup } from "../sandbox/limit-group.ts";
import { takePoolUser } from "../sandbox/pool-user.ts";
import type { Lane, LaneOrder } from "./engine.ts";
import { mostTimes, type RunClock, startClock } from "./run-clock.ts";

/**
 * What is the same for every language: a sandbox is opened when a run needs one, asked in lockstep (one question, one answer, the
 * answer of this question's nonce), timed from here, and thrown away when anything about it is not as it should be.
 */
export interface LaneParts {
  readonly argv: readonly string[];
  readonly view: GuestView;
  readonly ownMemoryBytes: number;
  readonly runsPerSandbox: number;
  /** Whether runs of one sandbox are as apart as runs of two. */
  readonly isolatesRuns: boolean;
  /** Whether something inside that is no guest's watches the clock. */
  readonly isTimedInside: boolean;
  /** Waits for a new sandbox to come up, where something does before it hears of a submission; throws when nothing does. */
  born?(sandbox: GuestSandbox): Promise<void>;
  /** Says the first words about a submission and waits for the runner; throws when it does not come up. */
  prepare(sandbox: GuestSandbox): Promise<void>;
  /** What is sent of a program, made before its time begins; throws a Problem when it is none. */
  translate?(files: ProgramFiles): Promise<ProgramFiles>;
  ask(sandbox: GuestSandbox, question: Question): void;
  /** Where a healthy sandbox may serve another submission: `retire` tells it that this one is over. */
  readonly idle?: { readonly homes: IdleHomes; retire(sandbox: GuestSandbox): void };
  /** Of an interpreter that ends itself when it has no memory left: whether its last words say so. */
  isOutOfMemory?(output: string): boolean;
  read(frame: unknown, asked: { readonly nonce: string; readonly wallMs: number }): Answer;
}

export interface Question {
  readonly files: ProgramFiles;
  readonly shuffle: number | undefined;
  readonly nonce: string;
}

/** `killed`: it was ended by a signal that the kernel may have sent for its memory. */
export type Answer =
  /** `again`: whether the sandbox may serve another run. `isDoubtful`: whether this machine may be what ended it. */
  | { readonly outcome: RunOutcome; readonly again?: boolean; readonly isDoubtful?: boolean }
  | { readonly killed: RunOutcome }
  | { readonly broken: string };

/** A sandbox with its user and its control groups: they come and go together. */
interface Home {
  readonly user: ReturnType<typeof takePoolUser>;
  readonly group: LimitGroup;
  sandbox: GuestSandbox | undefined;
}

/** Homes that wait for the next submission with the same limits. Guests were in namespaces of their own, and nothing unusual happened. */
export class IdleHomes {
  readonly #idle = new Map<string, Home[]>();
  #closed = false;

  take(limits: JudgeLimits): Home | undefined {
    const home = this.#idle.get(JSON.stringify(limits))?.pop();
    home?.sandbox?.wake();
    return home;
  }

  async keep(limits: JudgeLimits, home: Home): Promise<void> {
    const key = JSON.stringify(limits);
    const same = this.#idle.get(key) ?? [];
    if (this.#closed || same.length >= mostIdle || (this.#idle.size >= mostKinds && same.length === 0)) return leave(home);
    home.sandbox?.rest();
    this.#idle.set(key, [...same, home]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    await Promise.all(all.map(leave));
  }
}

const mostIdle = 4;
const mostKinds = 4;

async function leave({ sandbox, user, group }: Home): Promise<void> {
  await sandbox?.close();
  user.release();
  await group.remove();
}

export async function openLane(order: LaneOrder, parts: LaneParts): Promise<Lane> {
  order.signal.throwIfAborted();
  const { argv, view, ownMemoryBytes } = parts;
  const home: Home = parts.idle?.homes.take(order.limits) ?? {
    user: takePoolUser(),
    group: await makeLimitGroup(order.limits, ownMemoryBytes),
    sandbox: undefined,
  };
  const { group } = home;
  let prepared = false;
  let runs = 0;
  let closed = false;
  const abort = () => home.sandbox?.end("crashed");
  order.signal.addEventListener("abort", abort, { once: true });

  const drop = async () => {
    const old = home.sandbox;
    home.sandbox = undefined;
    await old?.close();
  };
  const ready = async (): Promise<GuestSandbox> => {
    // One that waited may have ended meanwhile, which is nobody's fault.
    if (home.sandbox !== undefined && (runs >= parts.runsPerSandbox || home.sandbox.broken() !== undefined)) await drop();
    if (home.sandbox !== undefined && prepared) return home.sandbox;
    runs = 0;
    prepared = false;
    if (home.sandbox === undefined) {
      home.sandbox = await openSandbox({ argv, view, ownMemoryBytes, limits: order.limits, user: home.user.user, group });
      await parts.born?.(home.sandbox);
    }
    await parts.prepare(home.sandbox);
    prepared = true;
    return home.sandbox;
  };
  const close = async () => {
    if (closed) return;
    closed = true;
    order.signal.removeEventListener("abort", abort);
    const { sandbox } = home;
    const healthy = sandbox !== undefined && prepared && sandbox.broken() === undefined && !sandbox.channel.hasWaiting && !busy;
    if (parts.idle === undefined || !healthy || order.signal.aborted) return leave(home);
    parts.idle.retire(sandbox);
    await parts.idle.homes.keep(order.limits, home);
  };
  let busy = false;

  try {
    await ready();
  } catch (error) {
    prepared = false;
    await close();
    throw error;
  }
  return {
    async run(files, { shuffle, fresh = false } = {}) {
      order.signal.throwIfAborted();
      const translated = (await parts.translate?.(files)) ?? files;
      order.signal.throwIfAborted();
      if (fresh && runs > 0 && !parts.isolatesRuns) await drop();
      const first = await runOnce({ files: translated, shuffle });
      if (!first.isDoubtful) return first.outcome;
      // What this machine may have ended, and not the guest, does not count before it has ended again in a new sandbox.
      await drop();
      return (await runOnce({ files: translated, shuffle })).outcome;
    },
    close,
  };

  async function runOnce(question: Omit<Question, "nonce">) {
    const at = await ready();
    const fresh = runs === 0 || parts.isolatesRuns;
    runs++;
    const { outcome, isDoubtful } = await runIn(at, question);
    return { outcome: { ...outcome, fresh }, isDoubtful };
  }

  async function runIn(at: GuestSandbox, { files, shuffle }: Omit<Question, "nonce">): Promise<Ended> {
    busy = true;
    const nonce = randomUUID();
    const begun = performance.now();
    const clock = parts.isTimedInside ? backUp(at) : clockOf(at);
    try {
      parts.ask(at, { files, shuffle, nonce });
      const frame = await at.channel.receive();
      clock.stop();
      const wallMs = performance.now() - begun;
      if (frame === undefined) return await brokenOutcome(at, { wallMs, clock });
      // A second answer to one question is nobody's honest word.
      if (at.channel.hasWaiting)
        return { outcome: { end: "crashed", tests: [], message: "more than one answer", output: "", wallMs, memoryBytes: 0 } };
      const answer = parts.read(frame, { nonce, wallMs });
      const broken = at.broken();
      if (broken !== undefined) return { outcome: ended(broken, { wallMs, output: at.takeOutput() }) };
      if ("broken" in answer) at.end("crashed");
      if ("broken" in answer) return { outcome: { ...ended("crashed", { wallMs, output: at.takeOutput() }), message: answer.broken } };
      if ("killed" in answer)
        return group.wasOutOfMemory()
          ? { outcome: { ...answer.killed, end: "memory", message: undefined } }
          : { outcome: answer.killed, isDoubtful: answer.killed.end === "crashed" };
      if (answer.again === false) await drop();
      return answer;
    } finally {
      clock.stop();
      busy = false;
      // Nothing that was unusual is used again.
      if (at.broken() !== undefined || at.channel.hasWaiting) await drop();
    }
  }

  function clockOf(at: GuestSandbox): RunClock {
    return startClock({ limitMs: order.limits.timeMs, processorTime: () => at.processorTime(), over: () => at.end("time") });
  }

  /** For the case that who watches the clock inside is kept from it. */
  function backUp(at: GuestSandbox): RunClock {
    const timer = setTimeout(() => at.end("time"), order.limits.timeMs * mostTimes + graceMs);
    return { isDoubtful: () => true, stop: () => clearTimeout(timer) };
  }

  async function brokenOutcome(at: GuestSandbox, { wallMs, clock }: { wallMs: number; clock: RunClock }): Promise<Ended> {
    // Its status tells what ended it, and is lost when it is killed before.
    if (at.broken() === undefined) await within(statusMs, at.ended);
    await at.close();
    order.signal.throwIfAborted();
    const end = at.broken() ?? "crashed";
    const output = at.takeOutput();
    if (end === "time") return { outcome: ended(end, { wallMs, output }), isDoubtful: clock.isDoubtful() };
    if (end !== "crashed") return { outcome: ended(end, { wallMs, output }) };
    if (parts.isOutOfMemory?.(output)) return { outcome: ended("memory", { wallMs, output }) };
    if (at.status() === 128 + SIGXCPU) return { outcome: ended("time", { wallMs, output }) };
    // Where the guest is not the sandbox's only process, it is not the one that ended it.
    return { outcome: ended(end, { wallMs, output }), isDoubtful: parts.isTimedInside || at.status() === 128 + SIGKILL };
  }
}

interface Ended {
  readonly outcome: RunOutcome;
  readonly isDoubtful?: boolean;
}

const { SIGKILL, SIGXCPU } = constants.signals;
const graceMs = 30_000;
const statusMs = 5_000;

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

function ended(end: Exclude<RunEnd, "finished" | "unloadable">, { wallMs, output }: { wallMs: number; output: string }): RunOutcome {
  return { end, tests: [], output, wallMs, memoryBytes: 0 };
}
