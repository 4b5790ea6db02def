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
 * Keeps upstream connections between requests. One agent serves all absolute-form requests of a recorder; each CONNECT
 * tunnel has its own, whose first connection is the one that was opened to answer the CONNECT.
 */
export class UpstreamAgent extends Agent {
  readonly #open: (origin: Origin) => Promise<Duplex>;

  constructor(open: (origin: Origin) => Promise<Duplex>, options: { readonly keepAlive: boolean }) {
    // 4 s: below the 5 s after which Node's own servers drop an idle connection, so a reuse rarely meets a close.
    super({ keepAlive: options.keepAlive, timeout: 4000, maxFreeSockets: 16, maxTotalSockets: 2048 });
    this.#open = open;
  }

  override getName(options?: OriginArgs): string {
    const origin = options?.origin;
    return origin ? `${origin.scheme}://${origin.host}:${origin.port}` : "";
  }

  override createConnection(options: OriginArgs, callback?: (error: Error | null, stream: Duplex) => void): undefined {
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
