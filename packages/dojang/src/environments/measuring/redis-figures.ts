import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { MetricSink, MetricSource } from "@dojang/load";
import type { ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";

export function isRedis({ program }: ServiceSpec): boolean {
  return program.kind === "image" && /(^|\/)(redis|valkey)(:|@|$)/.test(program.image);
}

export interface RedisFiguresOptions {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: ServiceSpec;
}

/** What Redis answers to INFO. A password in `--requirepass` of its command is used. */
export function redisFigures({ runtime, environmentId, service }: RedisFiguresOptions): MetricSource {
  const stopped = new AbortController();
  let following: Promise<void> | undefined;
  return {
    name: service.name,
    async start(sink, { signal, everyMs }) {
      const ended = AbortSignal.any([signal, stopped.signal]);
      following = follow({ runtime, environmentId, service, sink, everyMs, signal: ended }).catch((error: unknown) => {
        if (!ended.aborted)
          sink.onProblem(`${service.name}: figures of Redis are missing: ${error instanceof Error ? error.message : String(error)}`);
      });
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

interface Following extends RedisFiguresOptions {
  readonly sink: MetricSink;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

async function follow({ runtime, environmentId, service, sink, everyMs, signal }: Following): Promise<void> {
  const socket = await runtime.connect(environmentId, { host: service.name, port: service.ports[0]?.container ?? 6379 }, { signal });
  socket.on("error", () => undefined);
  try {
    const password = passwordOf(service);
    if (password !== undefined) await ask(socket, ["AUTH", password], signal);
    let before: Info | undefined;
    while (!signal.aborted) {
      const info = parseInfo(await ask(socket, ["INFO"], signal));
      for (const [metric, value] of figures(info, before)) sink.point({ at: info.at, service: service.name, metric, value });
      before = info;
      await wait(everyMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    socket.destroy();
  }
}

/** One command on a connection of its own. */
export async function askRedis(
  { runtime, environmentId, service, signal }: RedisFiguresOptions & { readonly signal: AbortSignal },
  words: readonly string[],
): Promise<string> {
  const socket = await runtime.connect(environmentId, { host: service.name, port: service.ports[0]?.container ?? 6379 }, { signal });
  socket.on("error", () => undefined);
  try {
    const password = passwordOf(service);
    if (password !== undefined) await ask(socket, ["AUTH", password], signal);
    return await ask(socket, words, signal);
  } finally {
    socket.destroy();
  }
}

function passwordOf({ program }: ServiceSpec): string | undefined {
  const words = program.kind === "image" ? (program.command ?? []) : [];
  const at = words.indexOf("--requirepass");
  return at === -1 ? undefined : words[at + 1];
}

const largestAnswerBytes = 1024 * 1024;

/** One command, one bulk string or line back (RESP 2). */
function ask(socket: Duplex, words: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const settle = (act: () => void) => {
      socket.off("data", take).off("close", closed);
      signal.removeEventListener("abort", aborted);
      act();
    };
    const aborted = () => settle(() => reject(signal.reason));
    const closed = () => settle(() => reject(new Error("the connection closed")));
    const take = (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes]);
      if (answer.length > largestAnswerBytes) return settle(() => reject(new Error("the answer is larger than 1 MiB")));
      const end = answer.indexOf("\r\n");
      if (end === -1) return;
      const line = answer.toString("utf8", 0, end);
      if (line.startsWith("-")) return settle(() => reject(new Error(line.slice(1))));
      if (!line.startsWith("$")) return settle(() => resolve(line.slice(1)));
      const length = Number(line.slice(1));
      if (answer.length >= end + 2 + length + 2) settle(() => resolve(answer.toString("utf8", end + 2, end + 2 + length)));
    };
    socket.on("data", take).on("close", closed);
    signal.addEventListener("abort", aborted, { once: true });
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
  });
}

export interface Info {
  readonly at: number;
  readonly fields: ReadonlyMap<string, number>;
}

export function parseInfo(text: string, at: number = performance.timeOrigin + performance.now()): Info {
  const fields = new Map<string, number>();
  for (const [, name = "", value] of text.matchAll(/^([a-z_0-9]+):(\d+(?:\.\d+)?)\r?$/gm)) fields.set(name, Number(value));
  return { at, fields };
}

/** Keys found are counted between two readings: the total of a cache that has lived long says nothing of now. */
export function figures(now: Info, before: Info | undefined): readonly (readonly [metric: string, value: number])[] {
  const gauge = (metric: string, field: string) => {
    const value = now.fields.get(field);
    return value === undefined ? [] : [[metric, value] as const];
  };
  const grown = (field: string) => {
    const [to, from] = [now.fields.get(field), before?.fields.get(field)];
    return to === undefined || from === undefined || to < from ? undefined : to - from;
  };
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  const rate = (metric: string, field: string) => {
    const value = grown(field);
    return value === undefined || seconds <= 0 ? [] : [[metric, value / seconds] as const];
  };
  const [hits, misses] = [grown("keyspace_hits") ?? 0, grown("keyspace_misses") ?? 0];
  return [
    ...gauge("cache.clients", "connected_clients"),
    ...gauge("cache.memory", "used_memory"),
    ...rate("cache.commands", "total_commands_processed"),
    ...rate("cache.evicted", "evicted_keys"),
    ...(hits + misses > 0 ? [["cache.hits", (100 * hits) / (hits + misses)] as const] : []),
  ];
}
