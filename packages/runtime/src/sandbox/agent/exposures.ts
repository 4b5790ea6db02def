import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { SupervisionError } from "../../supervision/supervision-error.ts";
import { gatewayAddress } from "./pod-plan.ts";

export interface ExposeOptions {
  /** Begins each connection with a line that says which member it is from: version 1 of the PROXY protocol, which no member can forge. */
  readonly tellPeer?: boolean;
}

/** Listens at the gateway for the members and hands each connection to a unix socket of the control plane. */
export function exposeSocket(port: number, path: string, { tellPeer = false }: ExposeOptions = {}): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path, allowHalfOpen: true });
    if (tellPeer) far.write(`PROXY TCP4 ${near.remoteAddress} ${gatewayAddress} ${near.remotePort} ${port}\r\n`);
    joinStreams(near, far);
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? portTaken(port) : error));
    server.listen(port, gatewayAddress, () => resolve(server));
  });
}

/** Joins two connections in both directions; a half-closed one stays open for the other half. */
export function joinStreams(near: Socket, far: Socket): void {
  const close = () => {
    near.destroy();
    far.destroy();
  };
  pipeline(near, far, (error) => error && close());
  pipeline(far, near, (error) => error && close());
}

function portTaken(port: number): SupervisionError {
  return new SupervisionError({
    code: "port-in-use",
    exit: "configuration",
    message: `port ${port} is exposed to this environment already`,
    fix: "ask for port 0 to have one chosen",
  });
}
