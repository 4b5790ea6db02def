// The process that watches one environment of the host runtime: `node supervisor-main.ts HOME ID`. It is detached from
// whoever started it, and is asked over control/control.sock. Plan and paths come from the environment's folder.
import { existsSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { shortSocketPath } from "../sandbox/short-socket-path.ts";
import { LineSplitter } from "../supervision/line-splitter.ts";
import { SpoolWriter } from "../supervision/line-spool.ts";
import { identify } from "../supervision/process-tree.ts";
import { ServiceSupervisor } from "../supervision/service-supervisor.ts";
import type { StartLimits } from "../supervision/start-refusals.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";
import { SupervisionError } from "../supervision/supervision-error.ts";
import { type HostFolder, hostFolder, readJson, writeWhole } from "./host-folder.ts";
import type { HostPlan } from "./host-plan.ts";
import { Publications } from "./publications.ts";
import { launchService, probeService } from "./service-process.ts";
import type { SupervisorReply, SupervisorRequest, SupervisorState } from "./supervisor-protocol.ts";

interface Watch {
  readonly plan: HostPlan;
  readonly supervisor: ServiceSupervisor;
  readonly spool: SpoolWriter;
  readonly publications: Publications;
  readonly closing: AbortController;
  readonly listeners: Set<(status: SupervisedStatus) => void>;
  state: SupervisorState;
}

const [home = "", id = ""] = process.argv.slice(2);
await watch(hostFolder(home, id));

async function watch(paths: HostFolder): Promise<void> {
  const plan = await readJson<HostPlan>(paths.plan);
  // Stopped before it began: nothing is left to watch.
  if (plan === undefined || !existsSync(paths.mark)) return;
  await writeWhole(paths.supervisor, await identify(process.pid));
  const spool = await SpoolWriter.open(paths.logs);
  const watched = watchedServices(plan, paths, spool);
  const server = createServer((socket) => void serve(socket, watched, server));
  server.listen(shortSocketPath(paths.control).path);
  // A signal from outside ends the environment in order.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(watched, server));
}

function watchedServices(plan: HostPlan, paths: HostFolder, spool: SpoolWriter): Watch {
  const byName = new Map(plan.services.map((service) => [service.name, service]));
  const listeners = new Set<(status: SupervisedStatus) => void>();
  const supervisor = new ServiceSupervisor(plan.services, {
    // The supervisor only names services of the plan.
    launch: (name) => launchService(byName.get(name)!, { paths, spool, user: plan.user }),
    probe: (name, check, signal) => probeService(byName.get(name)!, check, { signal, user: plan.user }),
    onChange: (status) => {
      for (const listener of listeners) listener(status);
    },
    say: (service, text) => void spool.write({ service, stream: "system", text }),
  });
  const publications = new Publications(paths, plan);
  return { plan, supervisor, spool, publications, closing: new AbortController(), listeners, state: "starting" };
}

async function serve(socket: Socket, watched: Watch, server: Server): Promise<void> {
  socket.on("error", () => {});
  const send = (reply: SupervisorReply) => socket.writable && socket.write(`${JSON.stringify(reply)}\n`);
  const splitter = new LineSplitter();
  const whole = (async () => {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const [line] = splitter.push(chunk);
      if (line !== undefined) return line;
    }
    return undefined;
  })();
  const line = await whole.catch(() => undefined);
  if (line === undefined) return;
  const request: SupervisorRequest = JSON.parse(line);
  try {
    send({ kind: "done", ...(await answer(request, { watched, server, send })) });
  } catch (error) {
    send({ kind: "failed", fault: faultOf(error) });
  }
  socket.end();
}

interface Asked {
  readonly watched: Watch;
  readonly server: Server;
  readonly send: (reply: SupervisorReply) => void;
}

async function answer(request: SupervisorRequest, asked: Asked): Promise<Omit<Extract<SupervisorReply, { kind: "done" }>, "kind">> {
  const { watched, server } = asked;
  const { supervisor, closing } = watched;
  switch (request.op) {
    case "start":
      return start(asked);
    case "status":
      await watched.spool.flush();
      return { state: watched.state, services: supervisor.status() };
    case "take-down":
      await supervisor.takeDown(request.service);
      return {};
    case "bring-up":
      await supervisor.bringUp(request.service, closing.signal);
      return {};
    case "bring-up-well":
      await supervisor.bringUpWell(request.service, startLimits(watched));
      return {};
    case "publish":
      await watched.publications.publish(request);
      return {};
    case "published":
      return { published: watched.publications.list() };
    case "cut-connections":
      return { cut: watched.publications.cut() };
    case "signal":
      await supervisor.signal(request.service, request.signal);
      return {};
    case "expose":
      return { port: await expose(request, closing.signal) };
    case "stop":
      await stop(watched, server);
      return {};
  }
}

function startLimits({ plan, closing }: Watch): StartLimits {
  return { timeoutMs: plan.startTimeoutMs, mostEndings: plan.mostEndings, signal: closing.signal };
}

async function start({ watched, send }: Asked): Promise<Record<string, never>> {
  const { supervisor, listeners } = watched;
  const listener = (status: SupervisedStatus) => send({ kind: "service", status });
  listeners.add(listener);
  try {
    await supervisor.start(startLimits(watched));
    watched.state = "running";
    return {};
  } finally {
    listeners.delete(listener);
  }
}

async function stop(watched: Watch, server: Server): Promise<void> {
  watched.state = "stopping";
  watched.closing.abort(new Error("the environment is stopping"));
  // First of all, so that nobody comes any more while services end what they have begun.
  await watched.publications.close();
  await watched.supervisor.stop();
  await watched.spool.flush();
  server.close();
  // Connections of those who asked, and last words of services, are still on their way; nothing else keeps this process.
  setTimeout(() => process.exit(0), 200).unref();
}

/** Connections to the returned port of the loopback arrive at a unix socket of the control plane. */
function expose(request: Extract<SupervisorRequest, { op: "expose" }>, closing: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const relay = createServer((near) => {
      const far = connect(shortSocketPath(request.socketPath).path);
      near.on("error", () => far.destroy());
      far.on("error", () => near.destroy());
      near.pipe(far).pipe(near);
    });
    relay.once("error", reject);
    relay.listen(request.port, "127.0.0.1", () => {
      const address = relay.address();
      resolve(typeof address === "object" && address !== null ? address.port : request.port);
    });
    closing.addEventListener("abort", () => relay.close(), { once: true });
  });
}

function faultOf(error: unknown) {
  if (error instanceof SupervisionError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  return { code: "environment-failed", exit: "infrastructure" as const, message, fix: "dojang logs shows what the services said" };
}
