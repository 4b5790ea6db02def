import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { Connections, reset } from "../serving/connections.ts";
import { createServe } from "../serving/handle-request.ts";
import type { World } from "../serving/mock-world.ts";
import { connectionOptions, graceMs } from "../serving/start-mock.ts";

/**
 * The inside of CONNECT tunnels that browsers open through the mock: TLS with a certificate that the mock's authority signs for the
 * host, or plain HTTP, and in it requests that stubs answer, else the real host. HTTP/1.1 only, as in WireMock.
 */
export class Tunnels {
  readonly #world: World;
  readonly #plain: Connections;
  readonly #secure: Connections;

  constructor(world: World) {
    this.#world = world;
    const options = { ...connectionOptions(world), http2: false, serve: createServe(world, { browserProxy: true }) };
    this.#plain = new Connections(options, "http");
    this.#secure = new Connections(options, "https");
    world.closing.signal.addEventListener("abort", () => {
      // Whoever closes waits for the browsers' connections, which end with what is inside. `close` never rejects.
      void this.#plain.close(graceMs);
      void this.#secure.close(graceMs);
    });
  }

  accept(socket: Socket, authority: string, begin: Buffer): void {
    const accept = (first: Buffer): void => {
      if (first[0] === tlsHandshake) this.#acceptTls(socket, hostOf(authority)).catch(() => socket.destroy());
      else this.#plain.accept(socket, reset);
    };
    if (begin.length > 0) {
      socket.unshift(begin);
      accept(begin);
      return;
    }
    socket.once("readable", () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      accept(first);
    });
  }

  async #acceptTls(socket: Socket, host: string): Promise<void> {
    const authority = await this.#world.browserAuthority();
    const { key, certificate } = authority.issueFor(host);
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext({ key, cert: certificate }),
      ALPNProtocols: ["http/1.1"],
    });
    secure.once("error", () => socket.destroy());
    this.#secure.accept(secure, () => reset(socket));
  }
}

function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

const tlsHandshake = 22;
