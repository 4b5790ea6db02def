import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem, type SiteServer } from "@dojang/model";
import { quoted, sshOptions, unreachable } from "../provisioning/server-run.ts";

/** The `dojang` of another machine, given its commands over SSH. */
export interface ServerDojang {
  /** "dojang@todo.example.com" */
  readonly name: string;
  /** Throws Problems `server-unreachable` and `server-without-dojang`; every other end is an answer. */
  run(words: readonly string[], options: RunThere): Promise<ThereAnswer>;
  /** With this process's terminal, or what its input and output are otherwise. Gives the exit code. */
  attach(words: readonly string[], signal: AbortSignal): Promise<number>;
}

export interface RunThere {
  readonly signal: AbortSignal;
  /** What the command reads. */
  readonly input?: Readable;
  /** Each line of its standard output, as it comes. */
  readonly onLine?: (line: string) => void;
  /** What it says to people. */
  readonly onSaid?: (line: string) => void;
}

export interface ThereAnswer {
  readonly exitCode: number;
  readonly lines: readonly string[];
  /** The end of its standard error. */
  readonly said: string;
}

const keptLines = 10_000;

/** Key and known hosts are ssh's own choice, or files that `DOJANG_SSH_IDENTITY` and `DOJANG_SSH_KNOWN_HOSTS` name. */
export function dojangOn(server: SiteServer, env: Readonly<Record<string, string | undefined>>): ServerDojang {
  const name = `${server.user}@${server.host}`;
  const options = sshOptions({ ...server, identityFile: env.DOJANG_SSH_IDENTITY, knownHostsFile: env.DOJANG_SSH_KNOWN_HOSTS });
  const remote = (words: readonly string[]) => ["dojang", ...words].map(quoted).join(" ");
  return {
    name,
    async run(words, { signal, input, onLine, onSaid }) {
      const child = spawn("ssh", [...options, server.host, remote(words)], {
        stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        signal,
      });
      const lines: string[] = [];
      const said: string[] = [];
      const read = Promise.all([
        eachLine(child.stdout, (line) => {
          if (lines.length < keptLines) lines.push(line);
          onLine?.(line);
        }),
        eachLine(child.stderr, (line) => {
          said.push(line);
          if (said.length > 100) said.shift();
          onSaid?.(line);
        }),
      ]);
      // A command may end before it has read everything; how it ended is told then.
      const fed = input !== undefined && child.stdin !== null ? pipeline(input, child.stdin).catch(() => {}) : undefined;
      const exitCode = await endOf(child, signal, name);
      await Promise.all([read, fed]);
      refuse(name, exitCode, said.join("\n"));
      return { exitCode, lines, said: said.join("\n") };
    },
    async attach(words, signal) {
      const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true ? ["-t"] : [];
      const child = spawn("ssh", [...terminal, ...options, server.host, remote(words)], { stdio: ["inherit", "inherit", "pipe"], signal });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
        process.stderr.write(text);
      });
      const exitCode = await endOf(child, signal, name);
      refuse(name, exitCode, said);
      return exitCode;
    },
  };
}

/** `dojang on` gives commands to a project's site: in the folder of its newest sources there, in the name of who gives them here. */
export function withinProject(project: string, person: string, words: readonly string[]): readonly string[] {
  return ["within", "--by", person, project, ...words];
}

async function eachLine(stream: Readable | null, take: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) take(line);
}

async function endOf(child: ChildProcess, signal: AbortSignal, name: string): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unreachable(name, cause instanceof Error ? cause.message : String(cause));
  });
}

function refuse(name: string, exitCode: number, said: string): void {
  // ssh's own failures end with 255; Dojang's codes are below.
  if (exitCode === 255) throw unreachable(name, said);
  if (exitCode === 127) {
    throw new Problem({
      code: "server-without-dojang",
      exit: "infrastructure",
      message: `${name} has no command dojang: ${said.slice(-300)}`,
      fix: `make it ready: dojang provision root@${name.slice(name.indexOf("@") + 1)}`,
    });
  }
}
