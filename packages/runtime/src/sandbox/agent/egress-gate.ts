import { lookup } from "node:dns/promises";
import { chmod } from "node:fs/promises";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList, connect, createServer as createSocketServer, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";

/** A host that somebody inside asked for. */
export interface AskedHost {
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
  /** The member's address. */
  readonly from?: string;
}

/** What may pass. */
export interface EgressRules {
  /** Names, or `*.name` for everything below it. Those that lead to this machine or its network are refused. */
  readonly hosts: readonly string[];
  /** Literal names that may also be on this machine's network: the registries it is set up with. */
  readonly always: readonly string[];
}

/**
 * The only way out of a pod: an HTTP proxy (RFC 9110 sections 7.2 and 9.3.6: absolute form and CONNECT) on a unix socket that
 * the agent forwards connections to, each with a line before it that says who asks. Every host asked for is told of, allowed or
 * not. Resolves to what closes it.
 */
export async function openEgressGate(
  socketPath: string,
  rules: EgressRules,
  tell: (asked: AskedHost) => void,
): Promise<() => Promise<void>> {
  const peers = new WeakMap<Duplex, string>();
  const judge: Judge = async ({ host, port, from }) => {
    const judgement = await judgeHost(host, rules);
    tell({ host, port, allowed: judgement.allowed, from: peers.get(from) });
    return judgement;
  };
  const sockets = new Set<Duplex>();
  const server = createServer((request, response) => void forward(request, response, judge).catch(() => response.destroy()));
  server.on("connect", (request: IncomingMessage, near: Duplex, head: Buffer) => {
    void tunnel(request, { near, head, sockets }, judge).catch(() => near.destroy());
  });
  const front = createSocketServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    void readPeer(socket).then((peer) => {
      if (peer !== undefined) peers.set(socket, peer);
      server.emit("connection", socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.listen(socketPath, resolve);
  });
  // The agent that connects is the guests' user; the folder is out of every guest's sight.
  await chmod(socketPath, 0o666);
  return async () => {
    front.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** An allowed host without an address has a name that nobody knows. */
type Judgement = { readonly allowed: false } | { readonly allowed: true; readonly address?: string };
type Judge = (asked: { readonly host: string; readonly port: number; readonly from: Duplex }) => Promise<Judgement>;

/** The address in the line that begins a connection; undefined when there is no such line. Never rejects. */
function readPeer(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve(undefined));
    socket.once("readable", () => {
      // The agent writes the line at once and whole: it comes before all else and in one piece.
      const begin: Buffer | null = socket.read();
      const line = /^PROXY TCP4 (\S{1,45}) [^\r\n]{1,60}\r\n/.exec(begin?.subarray(0, 128).toString("latin1") ?? "");
      const rest = begin?.subarray(line?.[0].length ?? 0);
      if (rest !== undefined && rest.length > 0) socket.unshift(rest);
      resolve(line?.[1]);
    });
  });
}

const answerLimitMs = 60_000;
const badGateway = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";

async function tunnel(
  request: IncomingMessage,
  { near, head, sockets }: { near: Duplex; head: Buffer; sockets: Set<Duplex> },
  judge: Judge,
): Promise<void> {
  near.on("error", () => {});
  // RFC 9110 section 9.3.6: the authority form, always with a port.
  const [, name = "", digits = ""] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(request.url ?? "") ?? [];
  const [host, port] = [bareHost(name), Number(digits)];
  const judgement = await judge({ host, port, from: near });
  if (!judgement.allowed) return void near.end(`HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nx-dojang: ${host} is not allowed\r\n\r\n`);
  if (judgement.address === undefined) return void near.end(badGateway);
  const far = connect({ host: judgement.address, port });
  sockets.add(far);
  far.once("close", () => sockets.delete(far));
  far.setTimeout(answerLimitMs, () => far.destroy());
  far.once("error", () => near.end(badGateway));
  far.once("connect", () => {
    near.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) far.write(head);
    pipeline(near, far, () => far.destroy());
    pipeline(far, near, () => near.destroy());
  });
}

/** Hop-by-hop fields of RFC 9110 section 7.6.1, which end here. */
const hopByHop = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authorization",
]);

async function forward(request: IncomingMessage, response: ServerResponse, judge: Judge): Promise<void> {
  const target = URL.parse(request.url ?? "");
  if (target?.protocol !== "http:") return void response.writeHead(400).end("this is a proxy: ask with an absolute http URL\n");
  const port = Number(target.port || 80);
  const host = bareHost(target.hostname);
  const judgement = await judge({ host, port, from: request.socket });
  if (!judgement.allowed) return void response.writeHead(403).end(`${host} is not allowed\n`);
  if (judgement.address === undefined) return void response.writeHead(502).end(`${host} has no address\n`);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)));
  const far = ask({
    host: judgement.address,
    port,
    method: request.method,
    path: `${target.pathname}${target.search}`,
    headers: { ...headers, host: target.host },
    timeout: answerLimitMs,
  });
  far.once("timeout", () => far.destroy(new Error("no answer in time")));
  far.once("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  far.once("response", (answer) => {
    response.writeHead(
      answer.statusCode ?? 502,
      Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name))),
    );
    pipeline(answer, response, () => {});
  });
  pipeline(request, far, () => {});
}

function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}

/** The name is resolved here and once, so that it cannot mean one thing when judged and another when dialled. */
async function judgeHost(host: string, rules: EgressRules): Promise<Judgement> {
  const literal = rules.always.includes(host);
  if (!literal && !rules.hosts.some((rule) => matchesHost(host, rule))) return { allowed: false };
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true }).catch(() => [])).map((one) => one.address);
  const address = addresses.find((one) => literal || !isInternal(one));
  return address === undefined && addresses.length > 0 ? { allowed: false } : { allowed: true, address };
}

export function matchesHost(host: string, rule: string): boolean {
  const wanted = rule.toLowerCase();
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** RFC 6890 and 4193: this machine, its network, and addresses of clouds' metadata services. */
export function isInternal(address: string): boolean {
  const internal = new BlockList();
  for (const [net, prefix] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["224.0.0.0", 3],
  ] as const) {
    internal.addSubnet(net, prefix, "ipv4");
  }
  for (const [net, prefix] of [
    ["::", 127],
    ["fc00::", 7],
    ["fe80::", 10],
    ["ff00::", 8],
  ] as const) {
    internal.addSubnet(net, prefix, "ipv6");
  }
  return internal.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
