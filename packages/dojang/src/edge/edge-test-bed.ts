import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { chmod, mkdir, open, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { request as secureRequest } from "node:https";
import { createServer as createListener } from "node:net";
import { basename, dirname, join } from "node:path";
import { dojangFile } from "@dojang/model";
import { makeTestHome } from "../store/test-store.ts";
import { type Edge, type EdgeOptions, openEdge } from "./edge.ts";
import { type EdgeSite, releaseSockets, slotCount } from "./edge-site.ts";

/** For tests: a home with an edge, real services behind real sockets, and a visitor. */
export interface TestBed {
  readonly home: string;
  readonly edge: Edge;
  readonly http: number;
  readonly https: number;
  site(definition: Readonly<Record<string, unknown>>, more?: { readonly id?: string; readonly statusPage?: boolean }): EdgeSite;
  /** A service of a release: it answers with `answer`, or tells what it was asked. */
  serve(
    releaseId: string,
    service: string,
    answer?: (asked: IncomingMessage, given: ServerResponse) => void,
    siteId?: string,
  ): Promise<Server>;
  /** All slots to one release. */
  point(releaseId: string, siteId?: string): Promise<void>;
  /** r1 and r2 are there, and r1 has every slot. */
  serveTwoReleases(): Promise<void>;
  /** nginx's, as it was written down. */
  masterPid(): Promise<number>;
  ask(path: string, options?: Asked): Promise<Answered>;
  onClose(work: () => unknown): void;
  close(): Promise<void>;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly host?: string;
  readonly port?: number;
  readonly tls?: boolean;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a service says it was asked. */
export interface Told {
  readonly service: string;
  readonly release: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const siteId = "todo-production";

export async function openTestBed(options: Partial<EdgeOptions> = {}): Promise<TestBed> {
  const home = options.home ?? (await makeTestHome());
  const [http, https] = [await freePort(), await freePort()];
  const edge = await openEdge({ signal: new AbortController().signal, ...options, home });
  const removeHome = () => (options.home === undefined ? rm(home, { recursive: true, force: true }) : undefined);
  const closing: (() => unknown)[] = [removeHome, () => edge.stop({ graceMs: 500 })];
  const serve: TestBed["serve"] = async (release, service, answer = tellAsked(release, service), id = siteId) => {
    const folder = releaseSockets(home, id, release);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const server = await listenOn(createServer(answer), join(folder, `${service}.sock`));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return server;
  };
  const point: TestBed["point"] = (release, id = siteId) =>
    edge.pointSlots(
      id,
      Array.from({ length: slotCount }, () => release),
    );
  return {
    home,
    edge,
    http,
    https,
    site: (definition, more = {}) => ({
      id: more.id ?? siteId,
      definition: readSite({ hosts: ["todo.example"], listen: { address: "127.0.0.1", http, https }, ...definition }),
      statusPage: more.statusPage ?? false,
    }),
    serve,
    point,
    serveTwoReleases: async () => {
      await serve("r1", "web");
      await serve("r2", "web");
      await point("r1");
    },
    masterPid: async () => JSON.parse(await readFile(join(home, "edge/nginx.json"), "utf8")).pid,
    ask: (path, asked = {}) => ask({ path, port: asked.port ?? (asked.tls === true ? https : http), host: "todo.example", ...asked }),
    onClose: (work) => closing.push(work),
    close: async () => {
      for (const work of closing.reverse()) await work();
    },
  };
}

/** A site as dojang.yml would say it. */
export function readSite(definition: Readonly<Record<string, unknown>>): EdgeSite["definition"] {
  const file = dojangFile.parse({
    version: 1,
    environments: { production: { site: { routes: [{ path: "/", to: "web" }], tls: "none", ...definition } } },
    jobs: { test: { steps: [{ run: "true" }] } },
  });
  const site = file.environments.production?.site;
  if (site === undefined) throw new Error("the file has no site");
  return site;
}

/** Below the range from which outgoing connections get theirs: one of those could take the port before nginx does. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 12_000 + randomInt(20_000);
    const listener = createListener();
    const isFree = await new Promise<boolean>((resolve) => {
      listener.on("error", () => resolve(false));
      listener.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => listener.close(resolve));
    return port;
  }
  throw new Error("no port is free");
}

/** By way of the open folder, because homes may be deeper than the address of a socket is long. */
export async function listenOn(server: Server, socket: string): Promise<Server> {
  await rm(socket, { force: true });
  const folder = await open(dirname(socket));
  await new Promise<void>((resolve, reject) =>
    server.on("error", reject).listen(`/proc/self/fd/${folder.fd}/${basename(socket)}`, resolve),
  );
  await chmod(socket, 0o666);
  await folder.close();
  return server;
}

function tellAsked(release: string, service: string) {
  return (asked: IncomingMessage, given: ServerResponse) => {
    const chunks: Buffer[] = [];
    asked.on("data", (chunk: Buffer) => chunks.push(chunk));
    asked.on("end", () => {
      const told = {
        service,
        release,
        method: asked.method,
        url: asked.url,
        headers: asked.headers,
        body: Buffer.concat(chunks).toString(),
      };
      given.setHeader("content-type", "application/json");
      given.end(JSON.stringify(told));
    });
  };
}

export function told(answered: Answered): Told {
  return JSON.parse(answered.body);
}

/** Certificates are not looked at: `Edge.probe` is there for that. */
export function ask(options: Asked & { readonly path: string; readonly port: number; readonly host: string }): Promise<Answered> {
  const { path, port, host, method = "GET", headers = {}, body } = options;
  const common = { host: "127.0.0.1", port, path, method, headers: { host: `${host}:${port}`, ...headers }, agent: false };
  return new Promise((resolve, reject) => {
    const sent = options.tls === true ? secureRequest({ ...common, servername: host, rejectUnauthorized: false }) : request(common);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.end(body);
  });
}

/** Processes that a process started. */
export function children(pid: number): number[] {
  return execFileSync("cat", [`/proc/${pid}/task/${pid}/children`], { encoding: "utf8" })
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

/** Until something holds, with a limit. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`waited 30 s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
