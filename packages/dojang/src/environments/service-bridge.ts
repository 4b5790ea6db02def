import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { liveness, thisProcess } from "../store/process-identity.ts";
import { carryInto, type Inside } from "./carry-into.ts";

/**
 * A unix socket on this side of an environment's wall: whoever connects to it reaches `target` as seen from inside.
 * A client library that can only dial addresses (a database driver) is pointed at it.
 */
export interface ServiceBridge extends AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
}

export interface BridgeRequest extends Inside {
  /** Name of the socket: PostgreSQL's drivers look for `.s.PGSQL.5432` in a folder. */
  readonly socketName: string;
}

const prefix = "dojang-bridge-";
/** In each of them: whose it is. */
const ownerName = "owner.json";

export async function openServiceBridge({ socketName, ...inside }: BridgeRequest): Promise<ServiceBridge> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(directory, ownerName), JSON.stringify(thisProcess()));
  const socketPath = join(directory, socketName);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    near.on("close", () => open.delete(near));
    carryInto(near, inside);
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

/** Removes what killed processes left of their bridges, and says which; one whose owner lives, or cannot be told of, stays. */
export async function removeDeadBridges(): Promise<readonly string[]> {
  const removed: string[] = [];
  // One that is not there, or that this user may not list, has none of ours that we could remove.
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const directory = join(tmpdir(), name);
    try {
      if (liveness(JSON.parse(await readFile(join(directory, ownerName), "utf8"))) !== "dead") continue;
      await rm(directory, { recursive: true, force: true });
      removed.push(directory);
    } catch {
      // Of another user, just being made, or going away this moment.
    }
  }
  return removed;
}
