import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Target } from "../../contract.ts";
import { SupervisionError } from "../../supervision/supervision-error.ts";
import { exposeSocket, joinStreams } from "./exposures.ts";
import type { Faults } from "./faults.ts";
import { faultOf, type Pod } from "./pod.ts";
import { type AgentReply, type AgentRequest, agentPlaces, gatewayAddress } from "./pod-plan.ts";
import { digestTree } from "./tree-digest.ts";

export interface ControlOptions {
  readonly pod: Pod;
  readonly faults: Faults;
  readonly onStop: () => Promise<void>;
}

const requestLimitBytes = 64 * 1024 * 1024;

/** The agent's side of the control socket, which only the control plane can reach. One request per connection. */
export function serveControl(options: ControlOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    void readRequest(socket)
      .then(({ request, rest }) => answer(request, rest, socket, options))
      .catch((error: unknown) => {
        send(socket, { kind: "fault", fault: faultOf(error) });
        socket.end();
      });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(agentPlaces.control, () => resolve(server));
  });
}

function readRequest(socket: Socket): Promise<{ request: AgentRequest; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > requestLimitBytes) return reject(new Error(`a request is larger than ${requestLimitBytes} bytes`));
      if (!chunk.includes(0x0a)) return;
      socket.off("data", onData);
      socket.pause();
      const all = Buffer.concat(chunks);
      const end = all.indexOf(0x0a);
      // Our own control plane wrote it, in the same version: the toolbox is named by its content.
      resolve({ request: JSON.parse(all.subarray(0, end).toString()), rest: all.subarray(end + 1) });
    };
    socket.on("data", onData);
    socket.once("close", () => reject(new Error("the connection closed before a request came")));
  });
}

async function answer(request: AgentRequest, rest: Buffer, socket: Socket, options: ControlOptions): Promise<void> {
  const { pod, faults } = options;
  switch (request.op) {
    case "watch":
      return watch(socket, pod);
    case "status":
      send(socket, { kind: "status", state: pod.state, services: pod.supervisor.status() });
      break;
    case "stats":
      send(socket, { kind: "stats", stats: await pod.stats() });
      break;
    case "flush":
      await pod.flush();
      send(socket, { kind: "done" });
      break;
    case "exec":
      send(socket, await exec(request.run, socket, pod));
      break;
    case "fault":
      send(socket, { kind: "holds", token: await faults.inject(request.fault, untilGone(socket)) });
      break;
    case "heal":
      await faults.heal(request.token);
      send(socket, { kind: "done" });
      break;
    case "connect":
      return connect(request, rest, socket, options);
    case "expose": {
      const server = await exposeSocket(request.port, join(agentPlaces.sockets, request.socket));
      const address = server.address();
      send(socket, { kind: "exposed", host: gatewayAddress, port: address && typeof address === "object" ? address.port : request.port });
      break;
    }
    case "digest":
      send(socket, { kind: "digest", ...(await digestTree(request.path)) });
      break;
    case "asked":
      pod.asked(request.asked);
      send(socket, { kind: "done" });
      break;
    case "egress":
      return watchEgress(socket, pod);
    case "stop":
      await options.onStop();
      send(socket, { kind: "done" });
      break;
  }
  socket.end();
}

/** Aborted when the control plane hangs up: what it had asked for is not wanted any more. */
function untilGone(socket: Socket): AbortSignal {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  socket.once("end", () => gone.abort());
  socket.resume();
  return gone.signal;
}

function watch(socket: Socket, pod: Pod): void {
  const finish = () => {
    const fault = pod.fault;
    send(socket, fault === undefined ? { kind: "started" } : { kind: "fault", fault });
    socket.end();
  };
  for (const status of pod.supervisor.status()) {
    // Nothing has happened to those yet.
    if (status.state !== "created") send(socket, { kind: "service", status });
  }
  if (pod.state !== "starting") {
    finish();
    return;
  }
  const stop = pod.watch((status) => {
    if (status === undefined) return finish();
    send(socket, { kind: "service", status });
  });
  socket.once("close", stop);
  socket.once("end", () => socket.destroy());
  socket.resume();
}

function watchEgress(socket: Socket, pod: Pod): void {
  socket.once(
    "close",
    pod.watchEgress((asked) => send(socket, { kind: "asked", asked })),
  );
  socket.once("end", () => socket.destroy());
  socket.resume();
}

async function exec(run: Extract<AgentRequest, { op: "exec" }>["run"], socket: Socket, pod: Pod): Promise<AgentReply> {
  const result = await pod.exec(
    run,
    ({ stream, data }) => send(socket, { kind: "output", stream, data: Buffer.from(data).toString("base64") }),
    untilGone(socket),
  );
  return { kind: "ended", ...result };
}

async function connect(
  request: Extract<AgentRequest, { op: "connect" }>,
  rest: Buffer,
  socket: Socket,
  { pod, faults }: ControlOptions,
): Promise<void> {
  const host = addressOf(request.host, pod);
  const far = await (host === undefined
    ? dialOutside(request, pod)
    : dialMember(request, faults.delayedTarget(request.host, request.port) ?? { ...request, host }));
  socket.once("close", () => far.destroy());
  send(socket, { kind: "connected" });
  if (rest.length > 0) far.write(rest);
  joinStreams(socket, far);
}

function dialMember(request: Target, at: Target): Promise<Socket> {
  const far = dial({ host: at.host, port: at.port, allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    far.once("connect", () => resolve(far));
    far.once("error", (error: NodeJS.ErrnoException) => reject(unreachable(request, error)));
  });
}

/** What no member is called lies outside: through the gate, where there is one. */
function dialOutside(request: Target, pod: Pod): Promise<Socket> {
  const gate = pod.plan.egress;
  // Says which services there are.
  if (gate === undefined) pod.member(request.host);
  const far = dial({ path: gate?.socketPath ?? "", allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    far.once("error", (error: NodeJS.ErrnoException) => reject(unreachable(request, error)));
    far.once("connect", () =>
      far.write(`CONNECT ${request.host}:${request.port} HTTP/1.1\r\nhost: ${request.host}:${request.port}\r\n\r\n`),
    );
    far.once("data", (answer: Buffer) => {
      far.pause();
      if (/^HTTP\/1\.1 200 [^\r]*\r\n\r\n$/.test(answer.toString())) return resolve(far);
      far.destroy();
      return reject(notLetThrough(request, answer.toString().split("\r\n")[0] ?? ""));
    });
  });
}

function addressOf(host: string, pod: Pod): string | undefined {
  return pod.plan.members.find((one) => one.name === host || one.aliases.includes(host) || one.address === host)?.address;
}

function notLetThrough({ host, port }: Target, answer: string): SupervisionError {
  const refused = answer.includes("403");
  return new SupervisionError({
    code: refused ? "egress-refused" : "connect-failed",
    exit: refused ? "configuration" : "infrastructure",
    message: `${host}:${port} outside the environment ${refused ? "is not on the list of hosts that may be reached" : `does not answer: ${answer}`}`,
    fix: refused
      ? `add ${host} to egress in dojang.yml, or give the environment a mock of it`
      : `check that ${host} can be reached from this machine`,
  });
}

function unreachable({ host, port }: Target, error: NodeJS.ErrnoException): SupervisionError {
  return new SupervisionError({
    code: "connect-failed",
    exit: "infrastructure",
    message: `${host}:${port} in the environment does not answer: ${error.code ?? error.message}`,
    fix: `check that ${host} runs and listens on port ${port} of every address (0.0.0.0), not only of its own loopback`,
  });
}

function send(socket: Socket, reply: AgentReply): void {
  if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
}
