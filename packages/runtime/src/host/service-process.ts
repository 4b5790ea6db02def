import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { HealthCheck } from "@dojang/model";
import type { GuestUser } from "../sandbox/guest-user.ts";
import { type ProbeResult, probeAddress } from "../supervision/address-probe.ts";
import { LineSplitter } from "../supervision/line-splitter.ts";
import type { SpoolWriter } from "../supervision/line-spool.ts";
import { type OutputPipe, openOutputPipes } from "../supervision/output-pipe.ts";
import { findTree, identify, killTree, type ProcessIdentity, sendSignal } from "../supervision/process-tree.ts";
import { endingOf, runCommand } from "../supervision/run-command.ts";
import type { RunningProcess } from "../supervision/supervised-entry.ts";
import type { HostFolder } from "./host-folder.ts";
import type { HostService } from "./host-plan.ts";
import { giveTree } from "./own-tree.ts";

const drainMs = 300;

/** Starts one attempt of a service: a process of its own session, its output in the spool, itself noted down. */
export async function launchService(
  service: HostService,
  { paths, spool, user }: { readonly paths: HostFolder; readonly spool: SpoolWriter; readonly user: GuestUser | undefined },
): Promise<RunningProcess> {
  await makeWritable(service, user);
  const [program = "", ...args] = service.argv;
  const pipes = await openOutputPipes(dirname(paths.control));
  const child = spawn(program, args, {
    cwd: service.directory,
    env: { ...service.environment },
    stdio: ["ignore", pipes.stdout.writer, pipes.stderr.writer],
    detached: true,
    uid: user?.uid,
    gid: user?.gid,
  });
  const exited = new Promise<{ exitCode: number; signal?: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(endingOf(code, signal)));
  });
  const closed = Promise.all(
    (["stdout", "stderr"] as const).map((stream) => spoolLines(pipes[stream], spool, { service: service.name, stream })),
  );
  const pid = child.pid;
  if (pid === undefined) {
    await exited;
    throw new Error(`${program} could not be started`);
  }
  const root = (await identify(pid)) ?? { pid, startedAt: "gone" };
  appendFileSync(paths.processes, `${JSON.stringify({ ...root, service: service.name })}\n`);
  // A daemon that left the tree may hold the pipes; its output is not waited for.
  const ended = exited.then(async (ending) => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, drainMs).unref());
    await Promise.race([closed, late]);
    return ending;
  });
  return runningProcess(root, service, ended);
}

/** Resolves when the last process that writes to it has ended. */
function spoolLines(
  pipe: OutputPipe,
  spool: SpoolWriter,
  line: { readonly service: string; readonly stream: "stdout" | "stderr" },
): Promise<void> {
  pipe.closeWriter();
  const splitter = new LineSplitter();
  const write = (texts: string[]) => {
    for (const text of texts) spool.write({ ...line, text });
  };
  pipe.stream.on("data", (chunk) => write(splitter.push(chunk)));
  return new Promise((resolve) => {
    pipe.stream.once("error", () => resolve());
    pipe.stream.once("close", () => {
      write(splitter.end());
      resolve();
    });
  });
}

function runningProcess(root: ProcessIdentity, service: HostService, ended: RunningProcess["ended"]): RunningProcess {
  const query = { roots: [root], mark: serviceMark(service) };
  return {
    ended,
    async signal(signal) {
      if (signal === "SIGSTOP" || signal === "SIGCONT" || signal === "SIGKILL") {
        for (const one of await findTree(query)) sendSignal(one.pid, signal);
        return;
      }
      // The leader passes it on as it sees fit, as in a container; but a shell in front of it does not.
      const tree = await findTree(query);
      const isShell = service.argv[0] === "sh" || service.argv[0] === "bash" || service.argv[0] === "npm";
      for (const one of tree) if (isShell || one.pid === root.pid) sendSignal(one.pid, signal);
    },
    async kill() {
      await killTree(query);
    },
  };
}

export function serviceMark(service: HostService): string {
  return `DOJANG_SERVICE=${service.environment.DOJANG_SERVICE ?? ""}`;
}

async function makeWritable(service: HostService, user: GuestUser | undefined): Promise<void> {
  for (const folder of service.writableDirectories) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o755 });
  }
  for (const file of service.files) {
    await writeFile(file.path, file.content, { mode: file.mode });
    await chmod(file.path, file.mode);
  }
  if (user === undefined) return;
  for (const folder of service.writableDirectories) await giveTree(folder, user, AbortSignal.timeout(10_000));
}

const probeOutputBytes = 4_096;

/** One probe, as the service itself would make it. */
export async function probeService(
  service: HostService,
  check: HealthCheck,
  { signal, user }: { readonly signal: AbortSignal; readonly user: GuestUser | undefined },
): Promise<ProbeResult> {
  const { probe } = check;
  if (probe.kind === "http" || probe.kind === "tcp")
    return probeAddress(probe, { host: service.address.host, timeoutMs: check.timeoutMs, signal });
  const said: Buffer[] = [];
  const result = await runCommand({
    argv: probe.kind === "shell" ? ["sh", "-c", probe.command] : probe.command,
    environment: { ...service.environment, DOJANG_SERVICE: "" },
    directory: service.directory,
    timeoutMs: check.timeoutMs,
    outputLimitBytes: probeOutputBytes,
    onOutput: ({ data }) => said.push(Buffer.from(data)),
    signal,
    uid: user?.uid,
    gid: user?.gid,
  });
  const output = Buffer.concat(said).toString().trim();
  return {
    passed: result.exitCode === 0,
    output: result.timedOut ? `no answer within ${check.timeoutMs} ms` : output || `ended with ${result.exitCode}`,
  };
}
