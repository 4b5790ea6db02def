import type { Publication, PublishRequest } from "../live-runtime.ts";
import { realPort } from "./address-book.ts";
import { type HostFolder, readJson, writeWhole } from "./host-folder.ts";
import type { HostPlan } from "./host-plan.ts";
import { isSocketOf, openRelay, type Relay, type RelayTally, removeSocket, type SocketFile } from "./relay.ts";

/** `published.json` of an environment's folder: for whoever cleans up after a supervisor that was killed. */
export interface PublishedSocket extends PublishRequest {
  readonly file: SocketFile;
}

const backlogMs = 1_000;

interface Entry {
  readonly request: PublishRequest;
  readonly tally: RelayTally;
  relay: Relay;
}

/** The unix sockets by which the services of one environment are reached. Belongs to its supervisor; one change at a time. */
export class Publications {
  readonly #paths: HostFolder;
  readonly #plan: HostPlan;
  readonly #entries = new Map<string, Entry>();
  #changing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(paths: HostFolder, plan: HostPlan) {
    this.#paths = paths;
    this.#plan = plan;
  }

  publish(request: PublishRequest): Promise<void> {
    const turn = this.#changing.then(() => this.#publish(request));
    this.#changing = turn.catch(() => {});
    return turn;
  }

  list(): readonly Publication[] {
    return [...this.#entries.values()].map(({ request, tally }) => ({ ...request, open: tally.open.size, total: tally.total }));
  }

  /** Breaks off what is open; who connects after it is served. */
  cut(): number {
    const sockets = [...this.#entries.values()].flatMap(({ tally }) => [...tally.open]);
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  }

  /** Nothing new is accepted and the paths are gone; what is open goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#changing;
    for (const { request, relay } of this.#entries.values()) {
      await removeSocket(request.socketPath, relay.file);
      relay.close();
    }
  }

  async #publish(request: PublishRequest): Promise<void> {
    if (this.#closed) throw new Error("the environment is stopping");
    const known = this.#entries.get(request.socketPath);
    const isSame = known?.request.service === request.service && known.request.port === request.port;
    if (known !== undefined && isSame && (await isSocketOf(request.socketPath, known.relay.file))) return;
    const { address } = this.#plan.services.find(({ name }) => name === request.service) ?? {};
    if (address === undefined) throw new Error(`there is no service ${request.service}`);
    const tally = known?.tally ?? { open: new Set(), total: 0 };
    const relay = await openRelay(request.socketPath, { host: address.host, port: realPort(address, request.port) }, tally);
    // Those who connected before the path changed hands may still wait to be accepted.
    if (known !== undefined) setTimeout(known.relay.close, backlogMs).unref();
    const { service, port, socketPath } = request;
    this.#entries.set(socketPath, { request: { service, port, socketPath }, tally, relay });
    await writeWhole(
      publishedFile(this.#paths),
      [...this.#entries.values()].map(({ request, relay }) => ({ ...request, file: relay.file })),
    );
  }
}

export async function readPublished(paths: HostFolder): Promise<readonly PublishedSocket[]> {
  return (await readJson<PublishedSocket[]>(publishedFile(paths))) ?? [];
}

function publishedFile(paths: HostFolder): string {
  return `${paths.folder}/published.json`;
}
