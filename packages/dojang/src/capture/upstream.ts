import { Agent, type ClientRequestArgs } from "node:http";
import { isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** Opens a byte stream to a name and port as the environment's services would see them. Rejects with an Error that names the cause. */
export type Dial = (target: { readonly host: string; readonly port: number; readonly signal: AbortSignal }) => Promise<Duplex>;

export interface Origin {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

export interface UpstreamTls {
  /** "verify" refuses a certificate that neither the authority, the given nor the system's roots vouch for; "accept" takes any. */
  readonly policy: "verify" | "accept";
  /** PEM certificates trusted beside the system's. */
  readonly trust: readonly string[];
}

export interface UpstreamOptions {
  readonly dial: Dial;
  readonly tls: UpstreamTls;
  readonly dialTimeoutMs: number;
}

export async function openUpstream(origin: Origin, options: UpstreamOptions): Promise<Duplex> {
  const plain = await dialOrigin(origin, options);
  return origin.scheme === "https" ? secure(plain, origin.host, options.tls) : plain;
}

export async function dialOrigin({ host, port }: Origin, { dial, dialTimeoutMs }: UpstreamOptions): Promise<Duplex> {
  const stream = await dial({ host, port, signal: AbortSignal.timeout(dialTimeoutMs) });
  return socketLike(stream);
}

/** TLS on top of an open stream. The stream is destroyed when the handshake fails. */
export function secure(plain: Duplex, serverName: string, { policy, trust }: UpstreamTls): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: plain,
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: policy === "verify",
      ...(isIP(serverName) ? { host: serverName } : { servername: serverName, host: serverName }),
      ...(trust.length > 0 ? { ca: [...tls.getCACertificates("default"), ...trust] } : {}),
    });
    const fail = (error: Error) => {
      plain.destroy();
      socket.destroy();
      reject(error);
    };
    const closed = () => fail(new Error("the connection closed during the TLS handshake"));
    socket.once("error", fail);
    socket.once("close", closed);
    socket.once("secureConnect", () => {
      socket.off("error", fail);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}

/**
 * Keeps upstream connections between requests. One "shared" agent serves all absolute-form requests of a recorder. Each CONNECT
 * tunnel has an agent of its own, for the connection that was opened to answer the CONNECT. "once" is for a single request.
 */
export type UpstreamUse = "shared" | "once" | { readonly tunnel: Duplex };

export class UpstreamAgent extends Agent {
  readonly #open: (origin: Origin) => Promise<Duplex>;
  readonly #use: UpstreamUse;
  #first: Duplex | undefined;

  constructor(open: (origin: Origin) => Promise<Duplex>, use: UpstreamUse) {
    super({
      keepAlive: use !== "once",
      maxTotalSockets: 2048,
      // 4 s: below the 5 s after which Node's own servers drop an idle connection, so a reuse rarely meets a close.
      ...(use === "shared" ? { timeout: 4000, maxFreeSockets: 16 } : {}),
      ...(typeof use === "object" ? { maxSockets: 1 } : {}),
    });
    this.#open = open;
    this.#use = use;
    this.#first = typeof use === "object" ? use.tunnel : undefined;
  }

  /** The service's Keep-Alive hint is the client's business inside a tunnel, not this agent's. */
  override keepSocketAlive(socket: Duplex): boolean {
    if (typeof this.#use === "object") return true;
    // Documented to answer whether the connection is kept; the types say nothing.
    const kept: unknown = super.keepSocketAlive(socket);
    return kept === true;
  }

  override getName(options?: OriginArgs): string {
    const origin = options?.origin;
    return origin ? `${origin.scheme}://${origin.host}:${origin.port}` : "";
  }

  override createConnection(options: OriginArgs, callback?: (error: Error | null, stream: Duplex) => void): Duplex | undefined {
    const first = this.#first;
    this.#first = undefined;
    // At once and not by the callback: only then does the base class count it against maxSockets before the next request asks.
    if (first !== undefined && !first.destroyed && !first.readableEnded) return first;
    const origin = options.origin;
    if (origin === undefined || callback === undefined) throw new Error("an upstream connection needs an origin");
    // The callback ignores its second argument when there is an error; its type does not say so.
    const fail = (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), undefined as unknown as Duplex);
    this.#open(origin).then((stream) => callback(null, stream), fail);
    return undefined;
  }
}

export interface OriginArgs extends ClientRequestArgs {
  readonly origin?: Origin;
}

/** node:http calls these of a net.Socket; a runtime may hand over any Duplex. */
function socketLike(stream: Duplex): Duplex {
  if (stream instanceof Socket) {
    stream.setNoDelay(true);
    return stream;
  }
  const missing = {
    setTimeout: () => stream,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  };
  for (const [name, method] of Object.entries(missing)) {
    if (!(name in stream)) Object.defineProperty(stream, name, { value: method });
  }
  return stream;
}

/** `ECONNREFUSED api:8000`: what a person needs from a failed connection. */
export function describeFailure(error: unknown, origin: Origin): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const where = `${origin.host}:${origin.port}`;
  if (code === undefined) return `${error instanceof Error ? error.message : String(error)} (${where})`;
  const detail = error instanceof Error && !/^(E[A-Z]+)$/.test(code) ? ` (${error.message})` : "";
  return `${code} ${where}${detail}`;
}
