import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { Problem } from "@dojang/model";

export interface ServerCommand {
  /** A script of `sh`, run as root. */
  readonly script: string;
  /** A file of this machine that the script reads from its standard input. */
  readonly inputFile?: string;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface ServerAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a server is told something: over SSH, or because it is this machine. Problem `server-unreachable` when it cannot be. */
export interface Server {
  /** "root@203.0.113.7", "this machine". */
  readonly name: string;
  run(command: ServerCommand): Promise<ServerAnswer>;
  /** Whether that user gets in from here by key alone, on a connection of its own; undefined where nobody logs in. */
  logsInByKey?(user: string, signal: AbortSignal): Promise<boolean>;
}

const usualTimeoutMs = 10 * 60_000;
const outputLimitCharacters = 1024 * 1024;

/** This machine, as the user that runs this. `prefix` runs the scripts elsewhere: in a chroot, in namespaces. */
export function localServer(prefix: readonly string[] = []): Server {
  return {
    name: "this machine",
    run: async (command) => await spawned([...prefix, "sh", "-c", command.script], command),
  };
}

export interface SshTarget {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  /** Private key; ssh's own choice (agent, ~/.ssh) when absent. */
  readonly identityFile?: string;
  /** Where the server's key has to stand; ~/.ssh/known_hosts when absent. A server that is not there is refused, never believed. */
  readonly knownHostsFile?: string;
}

/** Over the system's `ssh`: no password is ever asked, and the server has to be who its key says. Users other than root use sudo. */
export function sshServer(target: SshTarget): Server {
  const name = `${target.user}@${target.host}`;
  const asRoot = target.user === "root" ? [] : ["sudo", "-n", "--"];
  return {
    name,
    async run(command) {
      const remote = [...asRoot, "sh", "-c", quoted(command.script)].join(" ");
      const answer = await spawned(["ssh", ...sshOptions(target), target.host, remote], command);
      // ssh's own failures end with 255; a script of ours never does.
      if (answer.exitCode === 255) throw unreachable(name, answer.stderr);
      return answer;
    },
    async logsInByKey(user, signal) {
      const only = ["-o", "PreferredAuthentications=publickey", "-o", "ControlMaster=no", "-o", "ControlPath=none"];
      const words = ["ssh", ...sshOptions({ ...target, user }), ...only, target.host, "true"];
      return (await spawned(words, { script: "", signal, timeoutMs: 30_000 })).exitCode === 0;
    },
  };
}

/** What `ssh` is told besides the host: no question is ever asked, and only a known server is believed. */
export function sshOptions({ port, user, identityFile, knownHostsFile }: SshTarget): readonly string[] {
  const options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4"];
  if (knownHostsFile !== undefined) options.push(`UserKnownHostsFile=${knownHostsFile}`);
  if (identityFile !== undefined) options.push("IdentitiesOnly=yes");
  return [
    ...options.flatMap((option) => ["-o", option]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(identityFile === undefined ? [] : ["-i", identityFile]),
    ...["-l", user],
  ];
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function spawned(words: readonly string[], command: ServerCommand): Promise<ServerAnswer> {
  const [program = "", ...args] = words;
  const signal = AbortSignal.any([command.signal, AbortSignal.timeout(command.timeoutMs ?? usualTimeoutMs)]);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], signal });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] = (said[stream] + text).slice(-outputLimitCharacters);
    });
  }
  // A script may end without reading what it is given.
  child.stdin.on("error", () => {});
  if (command.inputFile === undefined) child.stdin.end();
  else createReadStream(command.inputFile).pipe(child.stdin);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  }).catch((cause: unknown) => {
    command.signal.throwIfAborted();
    throw unreachable(program, cause instanceof Error ? cause.message : String(cause));
  });
  return { exitCode, ...said };
}

export function unreachable(name: string, said: string): Problem {
  const isUnknown = /Host key verification failed|REMOTE HOST IDENTIFICATION/.test(said);
  return new Problem({
    code: "server-unreachable",
    exit: "infrastructure",
    message: `${name} cannot be told anything: ${said.trim().slice(-500)}`,
    fix: isUnknown
      ? "compare the server's key with what its provider shows (ssh-keyscan, ssh-keygen -lf), and add it to known_hosts yourself"
      : "see that `ssh` alone gets in with a key and without a question, and that the user is root or may use sudo without a password",
  });
}
