import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { exitCodes, Problem } from "@dojang/model";
import { Command } from "commander";
import { applyProvision, previewProvision } from "../provisioning/apply-provision.ts";
import { appFolder } from "../provisioning/dojang-action.ts";
import { type DojangPackage, dojangPackage } from "../provisioning/pack-dojang.ts";
import { nodePath, type ProvisionRequest } from "../provisioning/provision-action.ts";
import { localServer, type Server, sshServer } from "../provisioning/server-run.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";

interface ProvisionFlags {
  readonly port?: string;
  readonly identity?: string;
  readonly knownHosts?: string;
  readonly key: readonly string[];
  readonly open: readonly string[];
  readonly dojang?: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function provisionCommand(context: CommandContext): Command {
  return new Command("provision")
    .argument("[server]", "user@host; this machine when absent")
    .option("-p, --port <n>", "of SSH")
    .option("-i, --identity <file>", "private key to log in with; ssh's own choice when absent")
    .option("--known-hosts <file>", "where the server's own key stands")
    .option("--key <files...>", "public keys that may log in as dojang (default: yours)", [])
    .option("--open <ports...>", "ports that the outside reaches besides SSH's", ["80", "443"])
    .option("--dojang <folder>", "a checkout of Dojang on the server, which the service runs; without it this one is copied there")
    .option("--dry-run", "only show what would be changed", false)
    .option("--json", "what would be, or was, changed as JSON", false)
    .option("--yes", "do it without asking", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ dojang provision root@203.0.113.7 --dry-run\n  $ dojang provision root@203.0.113.7 --key ~/.ssh/id_ed25519.pub --yes",
    )
    .action((server: string | undefined, flags: ProvisionFlags) => provision(context, server, flags));
}

async function provision({ signal }: CommandContext, name: string | undefined, flags: ProvisionFlags): Promise<void> {
  const server = serverOf(name, flags);
  const request = await requestOf(flags);
  const plan = await previewProvision(server, request, { signal });
  const print = (value: object, text: string) => void process.stdout.write(`${flags.json ? JSON.stringify(value) : text}\n`);
  print({ server: server.name, plan }, `${server.name}:\n${plan}`);
  if (flags.dryRun || !(flags.yes || (await agrees(signal)))) return;
  try {
    const { done, held } = await applyProvision(server, request, { signal, onProgress: say });
    const waiting = held.map(({ id, why }) => `\nwaits: ${id}: ${why}`).join("");
    print({ server: server.name, done, held }, `${done.length === 0 ? "nothing had to be changed" : `done: ${done.join(", ")}`}${waiting}`);
    if (held.length > 0) process.exitCode = exitCodes.refused;
  } finally {
    await request.app?.discard();
  }
}

function serverOf(name: string | undefined, flags: ProvisionFlags): Server {
  if (name === undefined) return localServer();
  const match = /^(?:([A-Za-z_][A-Za-z0-9._-]*)@)?([A-Za-z0-9][A-Za-z0-9.:-]*)$/.exec(name);
  if (match?.[2] === undefined)
    throw wrong(`a server is named user@host, got "${name.slice(0, 80)}"`, "write for example: root@203.0.113.7");
  return sshServer({
    user: match[1] ?? "root",
    host: match[2],
    port: flags.port === undefined ? undefined : portOf(flags.port, "--port 2222"),
    identityFile: flags.identity,
    knownHostsFile: flags.knownHosts,
  });
}

async function requestOf(flags: ProvisionFlags): Promise<ProvisionRequest & { readonly app?: DojangPackage }> {
  // The bin of where Dojang is: copied there from this checkout, unless the server has one of its own.
  const at = flags.dojang ?? appFolder;
  const app = flags.dojang === undefined ? await dojangPackage(fileURLToPath(new URL("../../../..", import.meta.url))) : undefined;
  return {
    authorizedKeys: await publicKeys(flags.key),
    node: { version: process.version, file: process.execPath, architecture: process.arch },
    openPorts: flags.open.map((port) => portOf(port, "--open 80 443")),
    app,
    serve: [nodePath, join(at, "packages/dojang/bin/dojang.js"), "serve"],
  };
}

const usualKeys = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"];

async function publicKeys(files: readonly string[]): Promise<readonly string[]> {
  const named = files.length > 0;
  const paths = named ? files : usualKeys.map((file) => join(homedir(), ".ssh", file));
  const keys: string[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if (!named) return "";
      throw wrong(
        `the public key ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        "name a file such as ~/.ssh/id_ed25519.pub",
      );
    });
    if (text.includes("PRIVATE KEY")) throw wrong(`${path} is a private key`, `name its public half: ${path}.pub`);
    keys.push(
      ...text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#")),
    );
  }
  return [...new Set(keys)];
}

function portOf(text: string, example: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw wrong(`a port is a number from 1 to 65535, got "${text.slice(0, 60)}"`, `write for example: ${example}`);
}

async function agrees(signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    say("nothing was changed: --yes does it");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question("do it? [y/N] ", { signal })).trim());
  } finally {
    terminal.close();
  }
}

function wrong(message: string, fix: string): Problem {
  return new Problem({ code: "usage", message, fix, exit: "configuration" });
}
