import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import type { BackupFigure, BackupFigures } from "../store/backup-tables.ts";
import type { BackupEngine, RestoredServer, Saved, SaveRequest } from "./backup-engine.ts";
import { RedisClient } from "./redis-client.ts";
import { saveFile } from "./save-tree.ts";
import { dataPlaceOf, imageVariable } from "./service-data.ts";

/**
 * Redis and Valkey: BGSAVE writes the data of one moment into a file, which is copied. With an append-only file that one is what is
 * read at start and the other is passed over, so the copy is laid out as the base of a new append-only file then.
 *
 * Which keys there were at that moment is not told: their number before and after gives bounds, less those that may expire.
 */
export const redisEngine: BackupEngine = {
  kind: "redis",
  provenBy: "server",
  save: saveRedis,
  place: (path, service) => {
    const { volume, within } = dataPlaceOf(service);
    return path.startsWith("data/") ? { volume, path: join(within, path.slice("data/".length)) } : undefined;
  },
  settle: waitUntilLoaded,
  async measure({ context, environmentId, service, signal }) {
    const client = await openRedis({ runtime: context.runtime, environmentId, service, signal });
    try {
      return figuresOf(await countKeys(client), await countKeys(client));
    } finally {
      client.close();
    }
  },
};

const snapshotLimitMs = 60 * 60_000;
const snapshotNote = "the content of keys is checked by the file's own check sum when Redis reads it, not compared one by one";

async function saveRedis({ context, service, tar, signal }: SaveRequest): Promise<Saved> {
  const client = await openRedis({ runtime: context.runtime, environmentId: context.environmentId, service, signal });
  try {
    const settings = await readSettings(client, service.name);
    if (settings.save === "" && settings.appendonly !== "yes") throw nothingKept(service.name);
    const before = await countKeys(client);
    await snapshot(client, { service: service.name, signal });
    const after = await countKeys(client);
    const { volume, within } = dataPlaceOf(service);
    const source = join(context.volumeFolder(volume), within, settings.dbfilename);
    const place = settings.appendonly === "yes" ? await appendOnlyBase(client, settings) : { path: settings.dbfilename };
    if ((await saveFile(source, tar, { path: `data/${place.path}` })) === undefined) throw fileMissing(service.name, source);
    if (place.manifest !== undefined) await tar.addText(`data/${place.manifest.path}`, place.manifest.text);
    return { figures: figuresOf(before, after) };
  } finally {
    client.close();
  }
}

interface RedisPlace {
  readonly path: string;
  readonly manifest?: { readonly path: string; readonly text: string };
}

/** Since 7.0 the append-only file is a folder with a list of its parts; before, it may simply begin with a snapshot. */
async function appendOnlyBase(client: RedisClient, settings: Readonly<Record<string, string>>): Promise<RedisPlace> {
  const version = (await client.info("server")).get("redis_version") ?? "7";
  const file = settings.appendfilename ?? "appendonly.aof";
  if (Number.parseInt(version, 10) < 7) return { path: file };
  const folder = settings.appenddirname ?? "appendonlydir";
  const base = `${file}.1.base.rdb`;
  return { path: `${folder}/${base}`, manifest: { path: `${folder}/${file}.manifest`, text: `file ${base} seq 1 type b\n` } };
}

async function readSettings(client: RedisClient, service: string): Promise<Record<string, string> & { save: string; dbfilename: string }> {
  const settings: Record<string, string> = {};
  for (const name of ["save", "appendonly", "dbfilename", "appendfilename", "appenddirname"]) {
    const reply = await client.ask("CONFIG", "GET", name).catch((cause: unknown) => {
      throw redisRefused(service, cause);
    });
    if (Array.isArray(reply) && typeof reply[1] === "string") settings[name] = reply[1];
  }
  const { save = "", dbfilename = "dump.rdb" } = settings;
  if (dbfilename.includes("/")) throw redisRefused(service, new Error(`its dbfilename is ${dbfilename}`));
  return { ...settings, save, dbfilename };
}

/** A snapshot that began after it was asked for: one that already runs may be of before. */
async function snapshot(client: RedisClient, at: { readonly service: string; readonly signal: AbortSignal }): Promise<void> {
  const deadline = Date.now() + snapshotLimitMs;
  const state = async () => await client.info("persistence");
  const running = async () => (await state()).get("rdb_bgsave_in_progress") === "1";
  const wait = async () => {
    if (Date.now() > deadline)
      throw redisRefused(at.service, new Error(`its snapshot takes longer than ${snapshotLimitMs / 60_000} minutes`));
    await delay(50, undefined, { signal: at.signal });
  };
  while (await running()) await wait();
  const before = Number((await state()).get("rdb_saves") ?? "0");
  const lastSave = await client.ask("LASTSAVE");
  for (;;) {
    const answer = await client.ask("BGSAVE", "SCHEDULE").catch((cause: unknown) => {
      throw redisRefused(at.service, cause);
    });
    if (String(answer).startsWith("Background")) break;
    await wait();
  }
  for (;;) {
    const now = await state();
    const counted = now.has("rdb_saves") ? Number(now.get("rdb_saves")) > before : (await client.ask("LASTSAVE")) !== lastSave;
    if (now.get("rdb_bgsave_in_progress") !== "1" && now.get("rdb_last_bgsave_status") === "err") {
      throw redisRefused(at.service, new Error("its snapshot failed (rdb_last_bgsave_status is err)"));
    }
    if (counted && now.get("rdb_bgsave_in_progress") !== "1") return;
    await wait();
  }
}

interface KeyCount {
  readonly keys: number;
  readonly expires: number;
}

async function countKeys(client: RedisClient): Promise<ReadonlyMap<string, KeyCount>> {
  const counts = new Map<string, KeyCount>();
  for (const [name, value] of await client.info("keyspace")) {
    const match = /^keys=(\d+),expires=(\d+)/.exec(value);
    if (match !== null) counts.set(name, { keys: Number(match[1]), expires: Number(match[2]) });
  }
  return counts;
}

function figuresOf(before: ReadonlyMap<string, KeyCount>, after: ReadonlyMap<string, KeyCount>): BackupFigures {
  const figures = [...new Set([...before.keys(), ...after.keys()])].sort().map((name): BackupFigure => {
    const [first, second] = [before.get(name), after.get(name)];
    const counts = [first?.keys ?? 0, second?.keys ?? 0];
    const mayExpire = Math.max(first?.expires ?? 0, second?.expires ?? 0);
    return { name, rows: [Math.max(0, Math.min(...counts) - mayExpire), Math.max(...counts)] };
  });
  return { compared: figures.every(({ rows }) => rows[0] === rows[1]) ? "exact" : "bounds", figures, notes: [snapshotNote] };
}

async function waitUntilLoaded({ context, environmentId, service, signal }: RestoredServer): Promise<void> {
  for (const deadline = Date.now() + snapshotLimitMs; ; ) {
    signal.throwIfAborted();
    const loading = await askLoading({ runtime: context.runtime, environmentId, service, signal }).catch(() => true);
    if (!loading) return;
    const state = (await context.runtime.inspect(environmentId))?.services.find((one) => one.name === service.name)?.state;
    if (state === undefined || state === "exited" || state === "stopped" || Date.now() > deadline) {
      throw redisRefused(service.name, new Error("it does not read what was restored (its log says why)"));
    }
    await delay(50, undefined, { signal });
  }
}

async function askLoading(target: RedisTarget): Promise<boolean> {
  const client = await openRedis(target);
  try {
    return (await client.info("persistence")).get("loading") !== "0";
  } finally {
    client.close();
  }
}

interface RedisTarget {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: ServiceSpec;
  readonly signal: AbortSignal;
}

async function openRedis({ runtime, environmentId, service, signal }: RedisTarget): Promise<RedisClient> {
  const stream = await runtime.connect(environmentId, { host: service.name, port: 6379 }, { signal });
  // A connection that breaks is told by the reply that does not come.
  stream.on("error", () => {});
  const client = new RedisClient(stream);
  const password = passwordOf(service);
  try {
    if (password !== undefined) await client.ask("AUTH", password);
    return client;
  } catch (cause) {
    client.close();
    throw redisRefused(service.name, cause);
  }
}

/** Of `--requirepass` in its command, or of a variable that such a command is usually given by. */
function passwordOf(service: ServiceSpec): string | undefined {
  const words = service.program.command ?? service.program.entrypoint ?? [];
  const given =
    wordAfter(words, "--requirepass") ?? wordAfter(words.join(" ").split(/\s+/), "--requirepass")?.replace(/^(["'])(.*)\1$/, "$2");
  const variable = /^\$\{?(\w+)\}?$/.exec(given ?? "")?.[1];
  return variable === undefined ? given : imageVariable(service, [variable]);
}

function wordAfter(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}

function nothingKept(service: string): Problem {
  return new Problem({
    code: "backup-not-needed",
    exit: "configuration",
    message: `service ${service} keeps nothing: it neither saves snapshots (save is empty) nor an append-only file`,
    fix: `take ${service} out of backups.services, or give it --save or --appendonly yes if its data matters`,
  });
}

function fileMissing(service: string, path: string): Problem {
  return new Problem({
    code: "backup-refused",
    exit: "infrastructure",
    message: `service ${service} said that it saved a snapshot, but ${path} is not there`,
    fix: "leave its dir as the image has it: the volume's mount point",
  });
}

function redisRefused(service: string, cause: unknown): Problem {
  return new Problem({
    code: "backup-database-refused",
    exit: "infrastructure",
    message: `Redis of service ${service} cannot be saved: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: "see its log; it has to allow CONFIG GET and BGSAVE to the user and password of its command",
    cause,
  });
}
