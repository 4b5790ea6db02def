import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { type AddressClaim, claimAddress } from "./claim-address.ts";
import { hostHome } from "./host-folder.ts";

/**
 * Addresses and ports of the host that an environment holds, each a file named after it, made exclusively: two
 * environments of a state folder never get the same. Those of other state folders are told apart by claims, for an
 * address is taken before anything listens there; that something foreign listens is found by trying.
 */
export interface Reserver {
  readonly home: string;
  readonly id: string;
}

const mostTries = 200;
const firstPort = 20_000;
const portCount = 10_000;

export interface ReservedAddress {
  readonly host: string;
  /** To be handed on to whoever keeps the environment, and let go of here then. */
  readonly claim: AddressClaim;
}

/**
 * A loopback address of its own: Linux answers on all of 127.0.0.0/8 without being asked to. One that is claimed (by an environment of
 * the same name in a state folder beside this one) or on which somebody else has the ports is passed over; where a program has them on
 * every address, `isFreeAt` tells, and they have to move.
 */
export async function reserveAddress({ home, id }: Reserver, service: string, ports: readonly number[]): Promise<ReservedAddress> {
  for (let round = 0; round < mostTries; round++) {
    const address = addressOfRound(id, service, round);
    if (!(await take(home, `address-${address}`, id))) continue;
    const claim = await claimAddress(address);
    const free = await Promise.all(ports.map((port) => isFreeAt(address, port)));
    if (claim !== undefined && (free.every(Boolean) || round >= mostPassedOver)) return { host: address, claim };
    claim?.release();
    await rm(join(reservations(home), `address-${address}`), { force: true });
  }
  throw exhausted("loopback addresses");
}

const mostPassedOver = 20;

/**
 * Addresses at which a service will be found, for a certificate that is signed before it has one. Of 65,000 addresses four tries
 * find a free one unless the machine is full of environments.
 */
export function likelyAddresses(environment: string, service: string): readonly string[] {
  return [...[0, 1, 2, 3].map((round) => addressOfRound(environment, service, round)), "127.0.0.1"];
}

function addressOfRound(id: string, service: string, round: number): string {
  const bytes = createHash("sha256").update(`${id} ${service} ${round}`).digest();
  return `127.77.${bytes[0]}.${1 + ((bytes[1] ?? 0) % 254)}`;
}

/** The port asked for when nobody has it on any address, else a free one. */
export async function reservePort({ home, id }: Reserver, asked: number): Promise<number> {
  if (asked >= 1024 && (await takePort(home, asked, id))) return asked;
  const start = createHash("sha256").update(`${id} ${asked}`).digest().readUInt32BE() % portCount;
  for (let round = 0; round < mostTries; round++) {
    const port = firstPort + ((start + round * 7) % portCount);
    if (await takePort(home, port, id)) return port;
  }
  throw exhausted("ports");
}

export async function releaseAll({ home, id }: Reserver): Promise<void> {
  const folder = reservations(home);
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = await readFile(join(folder, name), "utf8").catch(() => undefined);
    if (owner === id) await rm(join(folder, name), { force: true });
  }
}

async function takePort(home: string, port: number, id: string): Promise<boolean> {
  if (!(await take(home, `port-${port}`, id))) return false;
  if (await isFree(port)) return true;
  await rm(join(reservations(home), `port-${port}`), { force: true });
  return false;
}

async function take(home: string, name: string, id: string): Promise<boolean> {
  await mkdir(reservations(home), { recursive: true, mode: 0o700 });
  return writeFile(join(reservations(home), name), id, { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}

/** On every address of the machine at once. */
function isFree(port: number): Promise<boolean> {
  return isFreeAt("0.0.0.0", port);
}

export function isFreeAt(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

function reservations(home: string): string {
  return join(hostHome(home), "reserved");
}

function exhausted(what: string): Problem {
  return new Problem({
    code: "addresses-exhausted",
    exit: "infrastructure",
    message: `no free ${what} were found on the loopback in ${mostTries} tries`,
    fix: "stop environments that are not needed (dojang ps, dojang down)",
  });
}
