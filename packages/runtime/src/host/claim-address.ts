import { createServer, type Server } from "node:net";

/**
 * A loopback address that is taken, as every process of this machine can see, whichever state folder and user it is of: an abstract unix
 * socket of that name, to which nobody connects. It is free again when the last process that holds it is gone, killed or not, and
 * counts for one network, as the address does. The supervisor inherits it, and with it the address is taken as long as it lives.
 */
export interface AddressClaim {
  /** For a child's `stdio`; undefined where Node tells no number. */
  readonly fd: number | undefined;
  /** This process lets go of it. Safe twice. */
  release(): void;
}

/** Undefined when somebody has it. Linux alone has such sockets, as it alone answers on every loopback address. */
export function claimAddress(address: string): Promise<AddressClaim | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(`\0dojang-loopback-${address}`, () => {
      server.unref();
      resolve({ fd: numberOf(server), release: () => void server.close() });
    });
  });
}

function numberOf(server: Server): number | undefined {
  // No public name for it, for sixteen years; where it is missing the address is free again after the start, as it was before.
  const { _handle: handle } = server as Server & { readonly _handle?: { readonly fd?: number } };
  return handle?.fd === undefined || handle.fd < 0 ? undefined : handle.fd;
}
