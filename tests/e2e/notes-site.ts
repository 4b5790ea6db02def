import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Ended, Running } from "./dojang-command.ts";
import { type Changes, lastJson, type Stage, setStage } from "./stage.ts";
import { ask, type Visitors, visit } from "./visitors.ts";

/**
 * The fixture `notes` as a repository, on a state folder of its own: a web service, a worker and PostgreSQL, with a staging and a
 * production environment on free ports. Everything is done by the real command, seen by real requests.
 */
export interface NotesSite extends AsyncDisposable {
  readonly stage: Stage;
  readonly directory: string;
  readonly project: string;
  /** Changes files of the project, without a commit. */
  write(changes: Changes): Promise<void>;
  /** Takes back what was changed and not committed. */
  restore(): Promise<void>;
  commit(message: string, changes?: Changes): Promise<void>;
  /** A commit of what the first one had, but for its name on its pages and by its worker, what the web service does, and more changes. */
  version(name: string, options?: VersionOptions): Promise<void>;
  dojang(args: readonly string[], options?: RunOptions): Promise<Ended>;
  start(args: readonly string[], options?: RunOptions): Running;
  deploy(environment: string, more?: readonly string[], options?: RunOptions): Promise<Told>;
  /** The site as `dojang sites` has it. */
  seen(environment: string): Promise<SeenSite>;
  deployment(id: string): Promise<SeenDeployment>;
  visit(environment: string): Visitors;
  page(environment: string, path?: string, method?: string): Promise<{ status: string; text: string }>;
  where(environment: string): { readonly host: string; readonly port: number };
}

export interface VersionOptions {
  /** Flags of `services/web.mjs`. */
  readonly does?: {
    readonly needsWords?: boolean;
    readonly pagesFail?: boolean;
    readonly exits?: boolean;
    /** So many looks from outside are answered. */
    readonly failsAfter?: number;
    readonly unwellOutside?: boolean;
  };
  readonly changes?: Changes;
}

export interface RunOptions {
  /** Who gives the command. */
  readonly person?: string;
}

/** What a command printed as JSON lines: steps by name in their order, and the deployment it ended with. */
export interface Told {
  readonly ended: Ended;
  readonly steps: Readonly<Record<string, { readonly state: string; readonly summary: string }>>;
  readonly outcome: string | undefined;
  readonly deployment: SeenDeployment;
}

export interface SeenSite {
  readonly id: string;
  readonly release?: string;
  readonly warm?: string;
  readonly status?: number;
  readonly active?: string;
}

export interface SeenDeployment {
  readonly id: string;
  readonly state: string;
  readonly step?: string;
  readonly release: string;
  readonly previousRelease?: string;
  readonly failure?: { readonly step: string; readonly code: string; readonly message: string; readonly fix: string };
  readonly facts: Readonly<Record<string, unknown>>;
  readonly steps?: readonly { readonly name: string; readonly state: string; readonly attempt: number; readonly summary?: string }[];
}

const run = promisify(execFile);

export interface NotesOptions {
  /** Changes before the first commit. */
  readonly changes?: Changes;
  /** Environments whose secrets are set; both when absent. */
  readonly environments?: readonly string[];
  /** What starts the Node of commands, once the state folder is there. */
  readonly through?: (stage: Stage) => Promise<readonly string[]>;
}

export async function notesSite({
  changes = {},
  environments = ["staging", "production"],
  through: throughOf,
}: NotesOptions = {}): Promise<NotesSite> {
  const stage = await setStage();
  const through = await throughOf?.(stage);
  const ports = await freePorts(4);
  const port = (index: number) => String(ports[index]);
  const directory = await stage.copy("notes", {
    "dojang.yml": (text) => text.replace("18081", port(0)).replace("18444", port(1)).replace("18080", port(2)).replace("18443", port(3)),
  });
  await stage.change(directory, changes);
  const git = (...args: readonly string[]) =>
    run("git", ["-c", "user.name=Kim Author", "-c", "user.email=kim@example.com", ...args], { cwd: directory });
  await git("init", "-q", "-b", "main");
  const sites: Readonly<Record<string, { readonly host: string; readonly port: number }>> = {
    staging: { host: "staging.notes.test", port: ports[1] ?? 0 },
    production: { host: "notes.test", port: ports[3] ?? 0 },
  };
  const where = (environment: string) => {
    const site = sites[environment];
    if (site === undefined) throw new Error(`the fixture has no ${environment}`);
    return site;
  };
  const start: NotesSite["start"] = (args, { person } = {}) =>
    stage.start(args, { directory, through, environment: { SUDO_USER: person } });
  const dojang: NotesSite["dojang"] = (args, options) => start(args, options).ended;
  const commit: NotesSite["commit"] = async (message, more = {}) => {
    await stage.change(directory, more);
    await git("add", "-A");
    await git("commit", "-q", "-m", message);
  };
  await commit("The notes");
  const first = (await git("rev-parse", "HEAD")).stdout.trim();
  const site: NotesSite = {
    stage,
    directory,
    project: stage.project,
    where,
    commit,
    start,
    dojang,
    write: (more) => stage.change(directory, more),
    restore: async () => void (await git("checkout", "-q", "--", ".")),
    async version(name, { does = { needsWords: true }, changes: more = {} } = {}) {
      await git("rm", "-r", "-q", "-f", ".");
      await git("checkout", "-q", first, "--", ".");
      await commit(name, {
        "services/web.mjs": (text) => text.replace(/const release = .*;/, `const release = ${JSON.stringify({ name, ...does })};`),
        "services/worker.mjs": (text) => text.replace(/release = "[^"]*"/, `release = "${name}"`),
        ...more,
      });
    },
    deploy: async (environment, more = [], options) => told(await dojang(["deploy", environment, "--json", ...more], options)),
    async seen(environment) {
      const ended = await dojang(["sites", "--json"]);
      const all = ended.stdout
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line): SeenSite => JSON.parse(line));
      const found = all.find(({ id }) => id === `${stage.project}-${environment}`);
      if (found === undefined) throw new Error(`dojang sites does not show ${environment}: ${ended.stdout}${ended.stderr}`);
      return found;
    },
    deployment: async (id) => lastJson<SeenDeployment>(await dojang(["deployments", "show", id, "--json"])),
    visit: (environment) => visit(where(environment)),
    page: (environment, path, method) => ask({ ...where(environment), ...(path && { path }), ...(method && { method }) }),
    async [Symbol.asyncDispose]() {
      for (const environment of Object.keys(sites))
        await dojang(["sites", "remove", `${stage.project}-${environment}`, "--with-data", "--yes"]);
      await stage[Symbol.asyncDispose]();
    },
  };
  for (const environment of environments)
    for (const name of ["POSTGRES_PASSWORD", "TOKEN"])
      expect(await dojang(["secrets", "set", environment, name, "--generate"])).toMatchObject({ exitCode: 0 });
  return site;
}

/** Reads what `--json` printed; a command that ended before a deployment was there is told as it was. */
export function told(ended: Ended): Told {
  const events = ended.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const last = events.find(({ kind }) => kind === "deployment");
  if (last === undefined) throw new Error(`no deployment came of it (${ended.exitCode}): ${ended.stderr}${ended.stdout}`);
  const steps = Object.fromEntries(
    events.filter(({ kind }) => kind === "step-ended").map(({ step, state, summary }) => [step, { state, summary }]),
  );
  return { ended, steps, outcome: last.outcome, deployment: last.deployment };
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a server on TCP has a port");
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
