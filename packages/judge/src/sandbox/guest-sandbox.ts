import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { type GuestUser, guestOwnership, sandboxRefused, seccompFilter } from "@dojang/runtime";
import type { JudgeLimits, RunEnd } from "../contract.ts";
import { FrameChannel } from "./frame-channel.ts";
import { type GuestView, guestArguments, systemArguments } from "./guest-arguments.ts";
import { KeptOutput } from "./kept-output.ts";
import type { LimitGroup } from "./limit-group.ts";
import { noProcessorTime, type ProcessorTime, processorTime } from "./processor-time.ts";
import { descendants, watchProcesses } from "./watch-processes.ts";

/**
 * One sandbox: an unprivileged user of the host (never 0), every kind of namespace, a read-only file system, no network, and
 * one inherited descriptor to speak on. Ending the first process ends all that is in it. It lives until `close`, until a limit
 * is broken or until the guest ends it; `ended` says which.
 */
export interface GuestSandbox {
  readonly channel: FrameChannel;
  /** What broke, when something did. */
  readonly broken: () => Exclude<RunEnd, "finished" | "unloadable"> | undefined;
  /** The status it ended with, as shells say it: 128 and the signal that ended the guest. */
  readonly status: () => number | undefined;
  /** Of all its processes. */
  processorTime(): ProcessorTime;
  /** What was said outside of the channel, bounded; taking it empties it. */
  takeOutput(): string;
  /** Ends it now and says that this limit was broken. */
  end(why: Exclude<RunEnd, "finished" | "unloadable">): void;
  readonly ended: Promise<void>;
  /** Until it is woken nothing of it is watched, and it does not keep this process from ending. */
  rest(): void;
  wake(): void;
  close(): Promise<void>;
}

export interface GuestOrder {
  readonly argv: readonly string[];
  readonly view: GuestView;
  readonly limits: JudgeLimits;
  readonly user: GuestUser | undefined;
  readonly group: LimitGroup;
  /** Memory that the judge's own processes inside take. */
  readonly ownMemoryBytes: number;
}

const channelDescriptor = 3;
const seccompDescriptor = 4;
/** Whose processor time is looked at: the first of them are the runner and what it started first. */
const mostClocked = 32;

// Enters the groups while it still may; the rest is exec, so that bwrap's parent is the judge and ends with it.
const launcher = 'for group in $1; do echo $$ > "$group/cgroup.procs"; done; shift; exec "$@"';

let system: Promise<readonly string[]> | undefined;

export async function openSandbox(order: GuestOrder): Promise<GuestSandbox> {
  system ??= systemArguments();
  const filtered = !order.view.mayDivide;
  const sandbox = guestArguments(order.view, { system: await system, ...(filtered ? { seccomp: seccompDescriptor } : {}) });
  const user = order.user;
  const asUser =
    user === undefined
      ? []
      : ["setpriv", "--reuid", String(user.uid), "--regid", String(user.gid), "--clear-groups", "--no-new-privs", "--"];
  // Only the guest's own processes are to be limited, which they are from inside; --core and --fsize are for all.
  const limits = ["prlimit", "--core=0", `--fsize=${order.limits.diskBytes}`, "--"];
  const command = [...asUser, ...limits, "bwrap", ...sandbox, ...order.argv];
  const filter = filtered ? openFilter() : undefined;
  try {
    const [program = "sh", ...args] = [...order.group.wrapper, "sh", "-c", launcher, "launcher", order.group.enter.join(" "), ...command];
    const child = spawn(program, args, {
      cwd: "/",
      detached: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", "pipe", "pipe", "pipe", filter ?? "ignore"],
    });
    return supervise(child, order);
  } finally {
    if (filter !== undefined) closeSync(filter);
  }
}

function supervise(child: ChildProcess, order: GuestOrder): GuestSandbox {
  // Of stdio "pipe" at this place: a socket, both ways.
  const channel = new FrameChannel(child.stdio[channelDescriptor] as Duplex);
  let broken: ReturnType<GuestSandbox["broken"]>;
  const output = new KeptOutput();
  let written = 0;
  let failed: Error | undefined;
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // A group of its own: the negative id is ours until the child is reaped, which exitCode and signalCode say.
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  };
  const end: GuestSandbox["end"] = (why) => {
    broken ??= why;
    kill();
  };
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      written += chunk.length;
      output.add(chunk.toString("utf8"));
      if (written > order.limits.outputBytes) end("output");
    });
  const { limits, ownMemoryBytes, group } = order;
  const watch = () => watchProcesses(child.pid ?? 0, { limits, ownMemoryBytes, counted: group.countsMemory, end });
  let unwatch = watch();
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      failed = error;
      resolve();
    });
    child.once("close", () => resolve());
  }).then(() => {
    unwatch();
    broken ??= order.group.wasOutOfMemory() ? "memory" : "crashed";
  });
  return {
    channel,
    broken: () => broken,
    status: () => child.exitCode ?? undefined,
    processorTime: () => (child.pid === undefined ? noProcessorTime : processorTime(descendants(child.pid, mostClocked))),
    takeOutput() {
      written = 0;
      const said = output.take();
      return failed === undefined ? said : failed.message;
    },
    end,
    ended,
    rest() {
      unwatch();
      child.unref();
      for (const stream of streams(child)) stream.unref();
    },
    wake() {
      unwatch();
      unwatch = watch();
      child.ref();
      for (const stream of streams(child)) stream.ref();
    },
    async close() {
      // One that rests would not keep this process from ending, and its end would never be seen.
      child.ref();
      for (const stream of streams(child)) stream.ref();
      kill();
      await ended;
    },
  };
}

/** What "pipe" gives are sockets, which the types leave open. */
function streams(child: ChildProcess): readonly Socket[] {
  return child.stdio.filter((one) => one instanceof Socket);
}

/** The file is gone before anyone else could open it: only the descriptor remains. */
function openFilter(): number {
  const path = join(tmpdir(), `dojang-judge-${randomBytes(12).toString("hex")}`);
  writeFileSync(path, seccompFilter(process.arch), { mode: 0o600, flag: "wx" });
  try {
    return openSync(path, "r");
  } finally {
    unlinkSync(path);
  }
}

/** A sandbox that never answered: the machine's fault, which the user of the judge can mend. */
export function didNotStart(said: string) {
  const user = guestOwnership();
  return sandboxRefused(said.trim(), user === undefined ? "the runner did not answer" : `the runner did not answer as user ${user.uid}`);
}
