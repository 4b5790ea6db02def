import { Agent, type AgentOptions, request } from "node:http";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

export interface TunnelAgentOptions extends AgentOptions {
  readonly via: URL;
  /** `Proxy-Authorization` for the proxy. */
  readonly authorization: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** Reaches HTTPS targets through an HTTP proxy: CONNECT, then TLS inside. */
export class TunnelAgent extends Agent {
  readonly #options: TunnelAgentOptions;

  constructor(options: TunnelAgentOptions) {
    super(options);
    this.#options = options;
  }

  override createConnection(
    options: { host?: string | null; port?: number | string | null },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { via, authorization, rejectUnauthorized } = this.#options;
    const authority = `${options.host?.includes(":") ? `[${options.host}]` : options.host}:${options.port}`;
    const connecting = request({
      host: via.hostname,
      port: via.port === "" ? 80 : Number(via.port),
      method: "CONNECT",
      path: authority,
      headers: { Host: authority, ...(authorization === undefined ? {} : { "Proxy-Authorization": authorization }) },
      agent: false,
      timeout: connectTimeoutMs,
    });
    let ended = false;
    const fail = (error: Error): void => {
      if (ended) return;
      ended = true;
      // The type asks for a stream beside an error; nobody reads it.
      callback?.(error, undefined as unknown as Duplex);
    };
    connecting.on("error", fail);
    connecting.once("timeout", () => connecting.destroy(new Error("The proxy did not answer in time.")));
    connecting.once("connect", (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        fail(new Error(`The proxy answered ${answer.statusCode} to CONNECT ${authority}.`));
        return;
      }
      const host = options.host ?? "";
      const secure = connectTls({ socket, servername: host, rejectUnauthorized }, () => {
        secure.off("error", fail);
        ended = true;
        callback?.(null, secure);
      });
      secure.once("error", fail);
    });
    connecting.end();
    return undefined;
  }
}

const connectTimeoutMs = 30_000;
