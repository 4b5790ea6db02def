import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Transaction } from "@dojang/model";
import type { LiveTestEvent } from "./attribution.ts";
import type { CaptureBatch, CaptureSink } from "./fact-queue.ts";
import { type Recorder, type RecorderOptions, startRecorder } from "./recorder.ts";
import type { Dial } from "./upstream.ts";

/** What tests of capture share: a recorder on loopback whose service names lead to servers of the test. */
export interface Harness extends AsyncDisposable {
  readonly recorder: Recorder;
  readonly facts: MemorySink;
  readonly proxy: (lane: number) => string;
  readonly proxyPort: (lane: number) => number;
  /** Serves `name:port` (80 when not said) by a handler on a free port of loopback. */
  serve(name: string, handler: RequestListener): Promise<Server>;
  /** Lets `name:port` lead to a port of loopback. */
  route(name: string, port: number): void;
  /** Resolves with the first transaction that fits, waiting for it within a limit. */
  transaction(fits: (transaction: Transaction) => boolean): Promise<Transaction>;
  bodyText(hash: string | undefined): string;
}

export class MemorySink implements CaptureSink {
  readonly transactions: Transaction[] = [];
  readonly bodies = new Map<string, Uint8Array>();
  readonly testEvents: LiveTestEvent[] = [];

  write(batch: CaptureBatch): Promise<void> {
    this.transactions.push(...batch.transactions);
    this.testEvents.push(...batch.testEvents);
    for (const { hash, bytes } of batch.bodies) this.bodies.set(hash, bytes);
    return Promise.resolve();
  }
}

export async function startHarness(options: Partial<RecorderOptions> = {}): Promise<Harness> {
  const facts = new MemorySink();
  const services = new Map<string, number>();
  const servers: Server[] = [];
  const dial: Dial = ({ host, port, signal }) => {
    const to = services.get(`${host}:${port}`);
    return to === undefined ? Promise.reject(failure("ECONNREFUSED")) : dialLoopback(to, signal);
  };
  const recorder = await startRecorder({
    environment: "env-1",
    lanes: 4,
    listen: () => ({ host: "127.0.0.1", port: 0 }),
    dial,
    sink: facts,
    ...options,
    limits: { lingerMs: 5, ...options.limits },
  });
  const proxyPort = (lane: number) => {
    const { at } = recorder.lane(lane);
    return "port" in at ? at.port : 0;
  };
  const route = (name: string, port: number) => void services.set(name.includes(":") ? name : `${name}:80`, port);
  return {
    recorder,
    facts,
    proxyPort,
    proxy: (lane) => `http://127.0.0.1:${proxyPort(lane)}`,
    route,
    async serve(name, handler) {
      const server = createServer({ keepAliveTimeout: 5000 }, handler);
      servers.push(server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      route(name, (server.address() as AddressInfo).port);
      return server;
    },
    transaction: (fits) => until(() => facts.transactions.find(fits), "a transaction"),
    bodyText: (hash) => Buffer.from(facts.bodies.get(hash ?? "") ?? []).toString("utf8"),
    async [Symbol.asyncDispose]() {
      await recorder.close();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** Looks until there is something, every few milliseconds, for at most ten seconds. */
export async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function dialLoopback(port: number, signal?: AbortSignal): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, ...(signal ? { signal } : {}) });
  await once(socket, "connect");
  return socket;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Sends bytes to a port and gives back all that came until the other side closed, or until `enough`. */
export async function talk(port: number, send: string | Buffer, enough: (text: string) => boolean = () => false): Promise<string> {
  const socket = await dialLoopback(port);
  socket.write(send);
  let text = "";
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString("latin1");
    if (enough(text)) break;
  }
  socket.destroy();
  return text;
}
