import { mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { FoundNginx } from "./find-nginx.ts";
import { NginxProcess } from "./nginx-process.ts";
import { writeWhole } from "./open-folder.ts";
import { refusedPort, requireFreePorts, requireOwnAddresses } from "./port-holder.ts";
import type { Listener } from "./site-servers.ts";
import { replaceLink } from "./site-slots.ts";

/** What nginx is told, and where it then listens. */
export interface OwnConfiguration {
  readonly text: string;
  readonly listeners: readonly Listener[];
}

const keptConfigurations = 5;
const lastGraceMs = 5_000;

/**
 * nginx of our own with its configurations: numbered folders, of which `current` leads to the one that holds and the file `loaded`
 * names the one that nginx has read. They differ when somebody was killed in between; whoever looks next loads it. Not for two
 * callers at once: the edge sees to that.
 */
export class OwnNginx {
  readonly #folder: string;
  readonly #nginx: FoundNginx;
  readonly #signal: AbortSignal;
  readonly #process: NginxProcess;

  constructor(options: { readonly folder: string; readonly nginx: FoundNginx; readonly signal: AbortSignal }) {
    this.#folder = options.folder;
    this.#nginx = options.nginx;
    this.#signal = options.signal;
    this.#process = new NginxProcess({ folder: options.folder, binary: options.nginx.path });
  }

  /** Tests a configuration, makes it the current one, and lets nginx read it when it runs. What is refused leaves everything as it was. */
  async load({ text, listeners }: OwnConfiguration): Promise<boolean> {
    const former = await this.#current();
    if (listeners.length === 0) return await this.#unload(former);
    const formerText = former && (await readFile(join(this.#folder, "configurations", former, "nginx.conf"), "utf8").catch(() => ""));
    if (formerText === text) return await this.#readCurrent();
    const name = nextName(await readdir(join(this.#folder, "configurations")));
    const made = join(this.#folder, "configurations", name);
    await mkdir(made, { mode: 0o755 });
    await writeWhole(join(made, "nginx.conf"), text);
    await writeWhole(join(made, "listeners.json"), JSON.stringify(listeners));
    const isRunning = (await this.#process.master()) !== undefined;
    try {
      await requireOwnAddresses(listeners);
      const complaint = await this.#process.test(join(made, "nginx.conf"), this.#signal);
      if (complaint !== undefined) throw refusedPort(complaint) ?? refused(complaint);
      if (isRunning) await requireFreePorts(newPorts(listeners, await this.#listeners()), this.#nginx);
      await replaceLink(join(this.#folder, "current"), join("configurations", name));
      // With its last site nginx ends: nobody is there to be served.
      if (isRunning && listeners.length === 0) await this.stop(lastGraceMs);
      else if (isRunning) await this.#readCurrent();
    } catch (error) {
      if (former !== undefined) await replaceLink(join(this.#folder, "current"), join("configurations", former));
      else await rm(join(this.#folder, "current"), { force: true });
      await rm(made, { recursive: true, force: true });
      throw error;
    }
    await this.#removeFormer(name);
    return true;
  }

  /** Nobody is left to serve: nginx ends, and is not started again. */
  async #unload(former: string | undefined): Promise<boolean> {
    await rm(join(this.#folder, "current"), { force: true });
    await this.stop(10_000);
    return former !== undefined;
  }

  async ensure(): Promise<"started" | "running" | "not-needed"> {
    const listeners = await this.#listeners();
    if (listeners.length === 0) return "not-needed";
    if ((await this.#process.master()) !== undefined) {
      await this.#readCurrent();
      return "running";
    }
    await this.#process.dismissOrphans(this.#signal);
    await requireFreePorts(listeners, this.#nginx);
    await this.#process.start(this.#signal);
    await this.#noteLoaded();
    return "started";
  }

  stop(graceMs: number): Promise<void> {
    return this.#process.stop({ graceMs, signal: this.#signal });
  }

  reopenLogs(): Promise<void> {
    return this.#process.reopenLogs();
  }

  async #readCurrent(): Promise<boolean> {
    if ((await this.#process.master()) === undefined) return false;
    const loaded = await readFile(join(this.#folder, "loaded"), "utf8").catch(() => undefined);
    if (loaded === (await this.#current())) return false;
    await this.#process.reload(this.#signal);
    await this.#noteLoaded();
    return true;
  }

  async #noteLoaded(): Promise<void> {
    await writeWhole(join(this.#folder, "loaded"), (await this.#current()) ?? "");
  }

  async #current(): Promise<string | undefined> {
    const real = await realpath(join(this.#folder, "current")).catch(() => undefined);
    return real?.split("/").at(-1);
  }

  async #listeners(): Promise<readonly Listener[]> {
    const text = await readFile(join(this.#folder, "current", "listeners.json"), "utf8").catch(() => "[]");
    return JSON.parse(text) as Listener[]; // Written by `load` alone.
  }

  async #removeFormer(current: string): Promise<void> {
    const names = (await readdir(join(this.#folder, "configurations"))).filter((name) => name !== current);
    const oldestFirst = names.sort((a, b) => Number(a) - Number(b));
    for (const name of oldestFirst.slice(0, -keptConfigurations))
      await rm(join(this.#folder, "configurations", name), { recursive: true, force: true });
  }
}

function nextName(names: readonly string[]): string {
  return String(Math.max(0, ...names.map(Number).filter(Number.isInteger)) + 1);
}

/** Those that nginx does not listen on yet. */
function newPorts(wanted: readonly Listener[], former: readonly Listener[]): readonly Listener[] {
  return wanted.filter(({ port }) => !former.some((one) => one.port === port));
}

function refused(complaint: string): Problem {
  return new Problem({
    code: "nginx-configuration-refused",
    message: `nginx refuses the new configuration, the former one stays: ${complaint}`,
    fix: "put right what it names; when it is nothing that stands in dojang.yml, report it as a bug of Dojang",
    exit: "infrastructure",
  });
}
