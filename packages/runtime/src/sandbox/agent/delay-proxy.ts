import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline, Transform } from "node:stream";
import { gatewayAddress } from "./pod-plan.ts";

export interface DelayOptions {
  readonly host: string;
  readonly ports: readonly number[];
  readonly delayMs: number;
  readonly jitterMs?: number;
}

/** Listens on the gateway, one port for each port of a service, and holds back what passes in either direction. */
export class DelayProxy {
  readonly #servers: ReadonlyMap<number, Server>;

  private constructor(servers: ReadonlyMap<number, Server>) {
    this.#servers = servers;
  }

  static async listen(options: DelayOptions): Promise<DelayProxy> {
    const servers = await Promise.all(options.ports.map(async (port) => [port, await listenFor(port, options)] as const));
    return new DelayProxy(new Map(servers));
  }

  portFor(port: number): number | undefined {
    const address = this.#servers.get(port)?.address();
    return address && typeof address === "object" ? address.port : undefined;
  }

  /** No new connections; those that exist go on to their end. */
  retire(): void {
    for (const server of this.#servers.values()) server.close();
  }
}

function listenFor(port: number, options: DelayOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => relay(near, port, options));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, gatewayAddress, () => resolve(server));
  });
}

function relay(near: Socket, port: number, options: DelayOptions): void {
  const far = connect({ host: options.host, port, allowHalfOpen: true });
  const close = () => {
    near.destroy();
    far.destroy();
  };
  // One end failing ends both; a half that is only finished stays open for the other direction.
  pipeline(near, holdBack(options), far, (error) => error && close());
  pipeline(far, holdBack(options), near, (error) => error && close());
}

/** Each chunk leaves delayMs after it came, and never before the one ahead of it. */
function holdBack({ delayMs, jitterMs = 0 }: DelayOptions): Transform {
  let lastDue = 0;
  const due = () => {
    lastDue = Math.max(lastDue, performance.now() + delayMs + (Math.random() * 2 - 1) * jitterMs);
    return Math.max(0, lastDue - performance.now());
  };
  return new Transform({
    transform(chunk, _encoding, done) {
      setTimeout(() => this.push(chunk), due());
      done();
    },
    flush(done) {
      setTimeout(done, due());
    },
  });
}
