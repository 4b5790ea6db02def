import { connect } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "../contract.ts";

/** The network of one fake environment, in memory: names, ports, and the faults that can be put on it. */
export class FakeNetwork {
  readonly #listeners = new Map<string, (socket: Duplex) => void>();
  readonly #names = new Map<string, string>();
  readonly #exposed = new Map<number, string>();
  readonly paused = new Set<string>();
  readonly offline = new Set<string>();
  /** "from>to" */
  readonly cut = new Set<string>();
  readonly latencyMs = new Map<string, number>();

  constructor(services: readonly { readonly name: string; readonly aliases: readonly string[] }[]) {
    for (const service of services) for (const name of [service.name, ...service.aliases]) this.#names.set(name, service.name);
  }

  listen(service: string, port: number, onConnection: (socket: Duplex) => void): () => void {
    const key = `${service}:${port}`;
    if (this.#listeners.has(key)) throw Object.assign(new Error(`EADDRINUSE ${key}`), { code: "EADDRINUSE" });
    this.#listeners.set(key, onConnection);
    return () => this.#listeners.delete(key);
  }

  /** Connections to the returned address arrive at a unix socket of the host. */
  expose(socketPath: string, port: number): Target {
    const chosen = port === 0 ? 20_000 + this.#exposed.size : port;
    this.#exposed.set(chosen, socketPath);
    return { host: exposedHost, port: chosen };
  }

  /** As `from` sees it; undefined is the control plane, which no fault touches. */
  async connect(from: string | undefined, target: Target, signal: AbortSignal): Promise<Duplex> {
    signal.throwIfAborted();
    if (target.host === exposedHost) return this.#connectExposed(target);
    const local = target.host === "localhost" || target.host === "127.0.0.1";
    const to = local ? from : this.#names.get(target.host);
    if (to === undefined) throw refusal("ENOTFOUND", target);
    if (from !== to && this.#isDead(from, to)) return silence(signal, target);
    const delayMs = from === to ? 0 : (this.latencyMs.get(to) ?? 0);
    if (delayMs > 0) await wait(delayMs, undefined, { signal });
    const listener = this.#listeners.get(`${to}:${target.port}`);
    if (listener === undefined) throw refusal("ECONNREFUSED", target);
    const [near, far] = duplexPair();
    far.on("error", () => {});
    listener(far);
    return near;
  }

  #isDead(from: string | undefined, to: string): boolean {
    if (this.paused.has(to) || this.offline.has(to)) return true;
    return from !== undefined && (this.offline.has(from) || this.cut.has(`${from}>${to}`));
  }

  async #connectExposed(target: Target): Promise<Duplex> {
    const path = this.#exposed.get(target.port);
    if (path === undefined) throw refusal("ECONNREFUSED", target);
    return connect(path);
  }
}

const exposedHost = "control.dojang";

function refusal(code: string, target: Target): Error {
  return Object.assign(new Error(`${code} ${target.host}:${target.port}`), { code });
}

/** Nothing comes back: the caller's own patience decides. */
function silence(signal: AbortSignal, target: Target): Promise<Duplex> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(refusal("ETIMEDOUT", target)), { once: true });
  });
}
