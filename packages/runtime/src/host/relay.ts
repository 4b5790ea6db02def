import { chmod, lstat, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Target } from "../contract.ts";
import { shortSocketPath } from "../sandbox/short-socket-path.ts";

/** How many connections a socket has at once; more are closed. */
const mostConnections = 16_384;

/** What went through a path, kept when its listener is replaced. */
export interface RelayTally {
  readonly open: Set<Socket>;
  total: number;
}

/** Which file a listener made: a path may be somebody else's by now. */
export interface SocketFile {
  readonly device: number;
  readonly inode: number;
}

export interface Relay {
  readonly file: SocketFile;
  /** Accepts nothing more; open connections go on. */
  close(): void;
}

/**
 * A unix socket everybody may connect to, whose bytes go to and come from an address. The socket is bound beside the path and
 * renamed onto it, so that the path never leads to nothing.
 */
export async function openRelay(socketPath: string, target: Target, tally: RelayTally): Promise<Relay> {
  const draft = `${socketPath}.${crypto.randomUUID().slice(0, 8)}`;
  const short = shortSocketPath(draft);
  const server = createServer({ allowHalfOpen: true }, (near) => relay(near, target, tally));
  server.maxConnections = mostConnections;
  try {
    await listen(server, short.path);
    await chmod(draft, 0o666);
    const { dev, ino } = await lstat(draft);
    await rename(draft, socketPath);
    return { file: { device: dev, inode: ino }, close: () => server.close() };
  } catch (error) {
    server.close();
    await rm(draft, { force: true });
    throw error;
  } finally {
    short.close();
  }
}

/** Only where the path still is what the listener made. */
export async function removeSocket(socketPath: string, file: SocketFile): Promise<void> {
  if (await isSocketOf(socketPath, file)) await rm(socketPath, { force: true });
}

export async function isSocketOf(socketPath: string, file: SocketFile): Promise<boolean> {
  const found = await lstat(socketPath).catch(() => undefined);
  return found?.ino === file.inode && found.dev === file.device;
}

/** Each side may say that it has no more to send while the other goes on; the slower one holds the faster one back. */
function relay(near: Socket, target: Target, tally: RelayTally): void {
  tally.open.add(near);
  tally.total += 1;
  near.once("close", () => tally.open.delete(near));
  const far = connect({ ...target, allowHalfOpen: true, noDelay: true });
  near.pipe(far);
  far.pipe(near);
  endTogether(near, far);
  endTogether(far, near);
}

/** One that broke, or closed before the other was told of its end, takes the other with it. */
function endTogether(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy());
  one.once("close", () => {
    if (!other.writableEnded) other.destroy();
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
