import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { type LogRecord, Problem } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { createLogJoiner, type LogJoiner } from "../capture/log-joiner.ts";
import { parseAccessLine } from "../edge/access-line.ts";
import { listOfSites } from "../environments/kept-environment.ts";
import type { Session } from "./session.ts";

export interface SiteLogsOptions {
  readonly site: string;
  readonly service: string | undefined;
  readonly requestId: string | undefined;
  readonly follow: boolean;
  readonly print: (record: LogRecord) => void;
  readonly signal: AbortSignal;
}

/** nginx among the services of a site. */
const nginx = "nginx";
const followMs = 500;

/** Everything a live site prints, nginx included, by time; joined by the request id that nginx gave or passed on. */
export async function printSiteLogs(session: Session, options: SiteLogsOptions): Promise<void> {
  const { site, service, requestId, follow, print, signal } = options;
  const environments = (await listOfSites(session.store)).filter((each) => each.site === site);
  if (environments.length === 0) throw nothingRuns(site);
  const found: LogRecord[] = [];
  const take = (record: LogRecord) => {
    if (requestId !== undefined && record.requestId !== requestId) return;
    if (follow) print(record);
    else found.push(record);
  };
  const reading = { follow, take, signal };
  const readers: Promise<void>[] = [];
  for (const { id, runtime: name } of environments) {
    const runtime = session.runtimes.find((ready) => ready.runtime.name === name)?.runtime;
    if (runtime !== undefined && service !== nginx) readers.push(readServices(runtime, { ...reading, id, service }));
  }
  if (service === undefined || service === nginx) {
    readers.push(readAccess(join(session.home, "edge", "logs", "access.log"), { ...reading, site }));
  }
  await Promise.all(readers);
  for (const record of found.sort((a, b) => a.at - b.at)) print(record);
}

interface Reading {
  readonly follow: boolean;
  readonly take: (record: LogRecord) => void;
  readonly signal: AbortSignal;
}

async function readServices(
  runtime: Runtime,
  { id, service, follow, take, signal }: Reading & { readonly id: string; readonly service: string | undefined },
): Promise<void> {
  // One that stopped since the list was made, or has no such service, has nothing to say.
  const status = await runtime.inspect(id).catch(() => undefined);
  if (status === undefined || (service !== undefined && !status.services.some(({ name }) => name === service))) return;
  const joiners = new Map<string, LogJoiner>();
  const show = (records: readonly LogRecord[]) => {
    for (const record of records) take(record);
  };
  const timer = setInterval(() => {
    for (const joiner of joiners.values()) show(joiner.due(Date.now()));
  }, 200);
  try {
    for await (const line of runtime.logs(id, { service, follow, signal })) {
      let joiner = joiners.get(line.service);
      if (joiner === undefined) {
        joiner = createLogJoiner({ environment: id, service: line.service });
        joiners.set(line.service, joiner);
      }
      show(joiner.push(line));
    }
  } finally {
    clearInterval(timer);
    for (const joiner of joiners.values()) show(joiner.flush());
  }
}

/** What nginx has put aside is not read; what it has not is no longer than its limit. */
async function readAccess(path: string, { site, follow, take, signal }: Reading & { readonly site: string }): Promise<void> {
  let position = 0;
  let sequence = 0;
  do {
    const stream = createReadStream(path, { start: position, encoding: "utf8", signal });
    // The line reader hears of errors by its iterator's end alone.
    const failed = new Promise<unknown>((resolve) => stream.once("error", resolve).once("close", () => resolve(undefined)));
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parseAccessLine(text);
      // The last may be half written: it is read whole the next time.
      if (line === undefined && follow) break;
      position += Buffer.byteLength(text) + 1;
      if (line?.site !== site) continue;
      const to = line.service === "" ? "" : ` by ${line.service}`;
      take({
        environment: site,
        service: nginx,
        sequence: sequence++,
        at: line.at,
        stream: "stdout",
        level: line.status >= 500 ? "error" : "info",
        requestId: line.requestId,
        text: `${line.method} ${line.path} ${line.status} in ${Math.round(line.durationMs)} ms${to} ${line.requestId}`,
      });
    }
    const error = await failed;
    signal.throwIfAborted();
    // Nobody asked anything yet.
    if (error instanceof Error && !("code" in error && error.code === "ENOENT")) throw error;
    if (follow) await wait(followMs, undefined, { signal });
  } while (follow);
}

function nothingRuns(site: string): Problem {
  return new Problem({
    code: "site-unknown",
    message: `nothing of ${site} runs`,
    fix: "`dojang sites` lists what is live",
    exit: "configuration",
  });
}
