import { randomUUID } from "node:crypto";
import type { ProgramFiles, RunEnd, RunOutcome } from "../contract.ts";
import type { GuestView } from "../sandbox/guest-arguments.ts";
import { type GuestSandbox, openSandbox } from "../sandbox/guest-sandbox.ts";
import { makeLimitGroup } from "../sandbox/limit-group.ts";
import { takePoolUser } from "../sandbox/pool-user.ts";
import type { Lane, LaneOrder } from "./engine.ts";

/**
 * What is the same for every language: a sandbox is opened when a run needs one, asked in lockstep (one question, one answer, the
 * answer of this question's nonce), timed from here, and thrown away when anything about it is not as it should be.
 */
export interface LaneParts {
  readonly argv: readonly string[];
  readonly view: GuestView;
  readonly ownMemoryBytes: number;
  readonly runsPerSandbox: number;
  /** How much longer than the limit an answer may take, where something inside watches the clock too. */
  readonly graceMs: number;
  /** Says the first words and waits for the runner; throws when it does not come up. */
  prepare(sandbox: GuestSandbox): Promise<void>;
  ask(sandbox: GuestSandbox, question: Question): void;
  read(frame: unknown, asked: { readonly nonce: string; readonly wallMs: number }): Answer;
}

export interface Question {
  readonly files: ProgramFiles;
  readonly shuffle: number | undefined;
  readonly nonce: string;
}

/** `killed`: it was ended by a signal that the kernel may have sent for its memory. */
export type Answer =
  /** `again`: whether the sandbox may serve another run. */
  { readonly outcome: RunOutcome; readonly again?: boolean } | { readonly killed: RunOutcome } | { readonly broken: string };

export async function openLane(order: LaneOrder, parts: LaneParts): Promise<Lane> {
  const { user, release } = takePoolUser();
  const group = await makeLimitGroup(order.limits, parts.ownMemoryBytes);
  let sandbox: GuestSandbox | undefined;
  let runs = 0;
  let closed = false;

  const drop = async () => {
    const old = sandbox;
    sandbox = undefined;
    await old?.close();
  };
  const ready = async (): Promise<GuestSandbox> => {
    if (sandbox !== undefined && runs >= parts.runsPerSandbox) await drop();
    if (sandbox !== undefined) return sandbox;
    runs = 0;
    const { argv, view, ownMemoryBytes } = parts;
    sandbox = await openSandbox({ argv, view, ownMemoryBytes, limits: order.limits, user, group, signal: order.signal });
    await parts.prepare(sandbox);
    return sandbox;
  };
  const close = async () => {
    if (closed) return;
    closed = true;
    await drop();
    release();
    await group.remove();
  };

  try {
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async run(files, { shuffle } = {}) {
      order.signal.throwIfAborted();
      const at = await ready();
      runs++;
      const nonce = randomUUID();
      const begun = performance.now();
      const tooLong = setTimeout(() => at.end("time"), order.limits.timeMs + parts.graceMs);
      try {
        parts.ask(at, { files, shuffle, nonce });
        const frame = await at.channel.receive();
        const wallMs = performance.now() - begun;
        if (frame === undefined) return await brokenOutcome(at, wallMs);
        // A second answer to one question is nobody's honest word.
        if (at.channel.hasWaiting)
          return { end: "crashed", tests: [], message: "more than one answer", output: "", wallMs, memoryBytes: 0 };
        const answer = parts.read(frame, { nonce, wallMs });
        const broken = at.broken();
        if (broken !== undefined) return ended(broken, { wallMs, output: at.takeOutput() });
        if ("broken" in answer) at.end("crashed");
        if ("broken" in answer) return { ...ended("crashed", { wallMs, output: at.takeOutput() }), message: answer.broken };
        if ("killed" in answer) return group.wasOutOfMemory() ? { ...answer.killed, end: "memory", message: undefined } : answer.killed;
        if (answer.again === false) await drop();
        return answer.outcome;
      } finally {
        clearTimeout(tooLong);
        // Nothing that was unusual is used again.
        if (at.broken() !== undefined || at.channel.hasWaiting) await drop();
      }
    },
    close,
  };

  async function brokenOutcome(at: GuestSandbox, wallMs: number): Promise<RunOutcome> {
    await at.close();
    order.signal.throwIfAborted();
    return ended(at.broken() ?? "crashed", { wallMs, output: at.takeOutput() });
  }
}

function ended(end: Exclude<RunEnd, "finished" | "unloadable">, { wallMs, output }: { wallMs: number; output: string }): RunOutcome {
  return { end, tests: [], output, wallMs, memoryBytes: 0 };
}
