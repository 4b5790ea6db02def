import { spawn } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import type { EgressRules } from "./agent/egress-gate.ts";
import type { PodPlan } from "./agent/pod-plan.ts";
import { dialAgent } from "./agent-connection.ts";
import { asGuest } from "./guest-user.ts";
import { type OuterSandbox, outerArguments } from "./outer-sandbox.ts";
import { own } from "./pod-folder.ts";
import { sandboxRefused } from "./sandbox-refused.ts";
import { seccompFilter } from "./seccomp-filter.ts";

export interface PodLaunch {
  readonly outer: OuterSandbox;
  readonly plan: PodPlan;
  /** Control groups of the agent and what starts it. */
  readonly enter: readonly string[];
  /** What the launcher is run by: a scope. */
  readonly wrapper: readonly string[];
  /** What may be reached outside, by a gate that lives as long as the pod. */
  readonly egress?: EgressRules;
  readonly authority?: { readonly pem: string; readonly bundle: string };
  readonly signal: AbortSignal;
}

// Enters the groups while it still may, writes down who it is, and becomes the guests' user. The second shell stays as
// the parent of bwrap: --die-with-parent then binds the pod to it, and not to the process that asked for the pod.
const launcher = `set -e
echo $$ > "$1"
for group in $2; do echo $$ > "$group/cgroup.procs"; done
shift 2
exec "$@"`;
// Where the environment may reach something outside, the gate runs beside bwrap, in the folder of its socket.
const keeper = `guest=$1 gate=$2 rules=$3
shift 3
if [ -n "$rules" ]; then
  ( cd "$guest" && exec "$1" "$gate" "$rules" egress.sock control.sock "$guest" ) </dev/null &
  beside=$!
fi
shift
"$@"
code=$?
[ -z "$rules" ] || kill "$beside" 2>/dev/null
exit $code`;

const bootLimitMs = 30_000;

/** Starts the agent and resolves when it answers. What it leaves when this rejects is the caller's to remove. */
export async function launchPod({ outer, plan, enter, wrapper, egress, authority, signal }: PodLaunch): Promise<void> {
  const { paths } = outer;
  await writePlan(paths.plan, plan, authority);
  const rules = egress === undefined ? "" : JSON.stringify(egress);
  const { node, agent } = outer.toolbox;
  const gate = join(agent, "sandbox/agent/egress-main.js");
  const command = asGuest([
    "sh",
    "-c",
    keeper,
    "keeper",
    paths.guest,
    gate,
    rules,
    join(node, "bin/node"),
    "bwrap",
    ...outerArguments(outer),
  ]);
  const log = await open(paths.log, "a", 0o600);
  const [program = "sh", ...args] = [...wrapper, "sh", "-c", launcher, "launcher", paths.launcher, enter.join(" "), ...command];
  const child = spawn(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: launcherEnvironment(),
  });
  // Nobody waits for the pod: it outlives this process.
  child.unref();
  await log.close();
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, killedBy) => resolve(`ended with ${killedBy ?? code}`));
  });
  await untilAnswering(paths.control, ended, paths.log, signal);
}

/** The bus is for systemd-run; nothing of this reaches the pod. */
function launcherEnvironment(): Record<string, string> {
  const kept = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"].map((name) => [name, process.env[name]]);
  // The tools are found where the machine was probed for them, also when the user's own PATH leaves those folders out.
  const path = [process.env.PATH, "/usr/sbin:/usr/bin:/sbin:/bin"].filter(Boolean).join(":");
  return Object.fromEntries([["PATH", path], ...kept.filter(([, value]) => value !== undefined)]);
}

async function writePlan(folder: string, plan: PodPlan, authority: PodLaunch["authority"]): Promise<void> {
  const files: [string, string | Uint8Array][] = [
    // It holds the services' variables: nobody else on the machine may read it.
    ["plan.json", JSON.stringify(plan)],
    ["seccomp.bpf", seccompFilter(process.arch)],
    ...(authority
      ? ([
          ["authority.pem", authority.pem],
          ["authorities.pem", authority.bundle],
        ] as [string, string][])
      : []),
  ];
  for (const [name, content] of files) {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o400 });
    await own(path);
  }
}

async function untilAnswering(control: string, ended: Promise<string>, log: string, signal: AbortSignal): Promise<void> {
  const tooLate = AbortSignal.timeout(bootLimitMs);
  let ending: string | undefined;
  void ended.then((how) => {
    ending = how;
  });
  for (;;) {
    signal.throwIfAborted();
    const socket = await dialAgent(control).catch(() => undefined);
    if (socket) return void socket.destroy();
    if (ending !== undefined) throw sandboxRefused(await lastWords(log), ending);
    if (tooLate.aborted) throw bootTooSlow(await lastWords(log));
    await wait(5);
  }
}

const lastWordsCharacters = 2_000;

async function lastWords(log: string): Promise<string> {
  return (await readFile(log, "utf8").catch(() => "")).slice(-lastWordsCharacters).trim();
}

function bootTooSlow(said: string): Problem {
  return new Problem({
    code: "sandbox-failed",
    exit: "infrastructure",
    message: `the sandbox did not answer within ${bootLimitMs} ms${said === "" ? "" : `: ${said}`}`,
    fix: "run dojang doctor; a machine that is short of memory or processor is the usual reason",
  });
}
