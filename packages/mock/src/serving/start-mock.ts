import type { Socket } from "node:net";
import type { MockOptions, MockServer } from "../contract.ts";
import type { ConnectionOptions } from "./connections.ts";
import { createServe, defaultMaxBodyBytes } from "./handle-request.ts";
import { type Listener, listenPlain, listenTls } from "./listener.ts";
import { createMockWorld, type World } from "./mock-world.ts";

/** Starts a mock server. Rejects with a Problem that names every mistake of its files and documents, or the port it cannot have. */
export async function startMock(options: MockOptions = {}): Promise<MockServer> {
  const world = await createMockWorld(options);
  const listeners: Listener[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      world.closing.abort();
      await Promise.all(listeners.map((listener) => listener.close(graceMs)));
      world.end();
    })();
    return closing;
  };
  try {
    const ports = await listen(world, listeners);
    const closed = world.shutdownAsked.then(close);
    return {
      ...ports,
      world,
      closed,
      close: () => {
        world.shutdown();
        return closed;
      },
      [Symbol.asyncDispose]: () => {
        world.shutdown();
        return closed;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(world: World, listeners: Listener[]): Promise<Pick<MockServer, "port" | "httpsPort">> {
  const { options } = world;
  const plain = options.listen ?? { port: 8080 };
  const connections = { ...connectionOptions(world), ...(options.proxy?.browser === true ? { takeOverTunnel: tunnelsOf(world) } : {}) };
  let port: number | undefined;
  let httpsPort: number | undefined;
  if (plain !== "none") {
    const listener = await listenPlain(plain, { ...connections, http2: options.http2?.plain ?? true });
    listeners.push(listener);
    port = listener.port;
  }
  if (options.https !== undefined) {
    const { port: wanted, address, certificate, clientAuthorities, requireClientCertificate = false } = options.https;
    const listener = await listenTls(
      { port: wanted, ...(address === undefined ? {} : { address }) },
      { ...connections, http2: options.http2?.tls ?? true, certificate, clientAuthorities, requireClientCertificate },
    );
    listeners.push(listener);
    httpsPort = listener.port;
  }
  return { port, httpsPort };
}

/** How connections of this mock are served, wherever they come from. A CONNECT inside a tunnel opens no further one. */
export function connectionOptions(world: World): ConnectionOptions {
  const { options } = world;
  return {
    serve: createServe(world),
    maxHeaderBytes: options.maxHeaderBytes ?? 65_536,
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    connectionReuse: options.connectionReuse ?? true,
    http2: true,
  };
}

function tunnelsOf(world: World): (socket: Socket, authority: string, begin: Buffer) => void {
  const tunnels = import("../proxying/tunnels.ts").then(({ Tunnels }) => new Tunnels(world));
  return (socket, authority, begin) => {
    tunnels.then(
      (loaded) => loaded.accept(socket, authority, begin),
      () => socket.destroy(),
    );
  };
}

/** As long as WireMock waits for answers in flight when it stops. */
export const graceMs = 1_000;
