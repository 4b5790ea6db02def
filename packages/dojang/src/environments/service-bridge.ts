import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime, Target } from "@dojang/runtime";

/**
 * A unix socket on this side of an environment's wall: whoever connects to it reaches `target` as seen from inside.
 * A client library that can only dial addresses (a database driver) is pointed at it.
 */
export interface ServiceBridge extends AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
}

export interface BridgeRequest {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly target: Target;
  /** Name of the socket: PostgreSQL's drivers look for `.s.PGSQL.5432` in a folder. */
  readonly socketName: string;
  readonly signal: AbortSignal;
}

export async function openServiceBridge({ runtime, environmentId, target, socketName, signal }: BridgeRequest): Promise<ServiceBridge> {
  const directory = await mkdtemp(join(tmpdir(), "dojang-bridge-"));
  const socketPath = join(directory, socketName);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    near.on("close", () => open.delete(near));
    near.on("error", () => near.destroy());
    near.pause();
    runtime.connect(environmentId, target, { signal }).then(
      (far) => {
        far.on("error", () => near.destroy());
        far.on("close", () => near.destroy());
        near.on("close", () => far.destroy());
        near.pipe(far).pipe(near);
        near.resume();
      },
      () => near.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socketPath, resolve));
  return {
    directory,
    socketPath,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
