import { stripVTControlCharacters, styleText } from "node:util";
import { type LogRecord, nameAdvice, Problem } from "@dojang/model";
import { Command } from "commander";
import { createLogJoiner, type LogJoiner } from "../capture/log-joiner.ts";
import { logsByRequestIds } from "../store/logs.ts";
import type { CommandContext } from "./command-context.ts";
import { findEnvironment } from "./find-environment.ts";
import { say } from "./say.ts";
import { openSession, type Session } from "./session.ts";
import { printSiteLogs } from "./site-logs.ts";

interface LogsFlags {
  readonly service?: string;
  readonly requestId?: string;
  readonly directory: string;
  readonly environment?: string;
  readonly site?: string;
  readonly follow: boolean;
  readonly json: boolean;
}

export function logsCommand(context: CommandContext): Command {
  return new Command("logs")
    .option("-s, --service <name>", "only this service")
    .option("-r, --request-id <id>", "only what this request caused, in every service: also of runs that have ended")
    .option("-f, --follow", "go on as lines come", false)
    .option("--site <id>", "of a live site: its services, those of the release before, its databases, and nginx")
    .option("-C, --directory <folder>", "the project whose environment is meant", ".")
    .option("--environment <id>", "another environment than the folder's")
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang logs --request-id 4bf92f3577b34da6a3ce929d0e0e4736")
    .action((flags: LogsFlags) => logs(context, flags));
}

async function logs(context: CommandContext, flags: LogsFlags): Promise<void> {
  const requestId = flags.requestId === undefined ? undefined : readRequestId(flags.requestId);
  await using session = await openSession({ context, say });
  const print = printer(flags);
  const { site, service, follow } = flags;
  if (site !== undefined) return await printSiteLogs(session, { site, service, requestId, follow, print, signal: context.signal });
  if (requestId !== undefined && !flags.follow) {
    const stored = await logsByRequestIds(session.store, { requestIds: [requestId] });
    for (const record of stored) print(record);
    if (stored.length > 0) return;
  }
  await printLive(session, { context, flags, requestId, print });
}

interface LiveOptions {
  readonly context: CommandContext;
  readonly flags: LogsFlags;
  readonly requestId: string | undefined;
  readonly print: (record: LogRecord) => void;
}

/** Straight from the runtime: what is up is not copied into the store. */
async function printLive(session: Session, { context, flags, requestId, print }: LiveOptions): Promise<void> {
  const { kept, runtime } = await findEnvironment(session, { id: flags.environment, directory: flags.directory });
  const services = ((await runtime.inspect(kept.id))?.services ?? []).map(({ name }) => name);
  if (flags.service !== undefined && !services.includes(flags.service)) throw unknownService(kept.id, flags.service, services);
  const joiners = new Map<string, LogJoiner>();
  const show = (records: readonly LogRecord[]) => {
    for (const record of records) if (requestId === undefined || record.requestId === requestId) print(record);
  };
  // A record that may still grow waits for its next line; a person who follows should not.
  const timer = setInterval(() => {
    for (const joiner of joiners.values()) show(joiner.due(Date.now()));
  }, 200);
  try {
    for await (const line of runtime.logs(kept.id, { service: flags.service, follow: flags.follow, signal: context.signal })) {
      let joiner = joiners.get(line.service);
      if (joiner === undefined) {
        joiner = createLogJoiner({ environment: kept.id, service: line.service });
        joiners.set(line.service, joiner);
      }
      show(joiner.push(line));
    }
  } finally {
    clearInterval(timer);
    for (const joiner of joiners.values()) show(joiner.flush());
  }
}

const levelStyles = { fatal: "red", error: "red", warn: "yellow", info: "reset", debug: "dim", trace: "dim" } as const;

function printer({ json }: LogsFlags): (record: LogRecord) => void {
  if (json) return (record) => void process.stdout.write(`${JSON.stringify(record)}\n`);
  const color = process.stdout.isTTY === true;
  return (record) => {
    const time = new Date(record.at).toISOString().slice(11, 23);
    const text = stripVTControlCharacters(record.text);
    const line = `${time} ${record.service.padEnd(10)} ${text}`;
    process.stdout.write(`${color ? styleText(levelStyles[record.level ?? "info"], line) : line}\n`);
  };
}

function unknownService(environment: string, asked: string, known: readonly string[]): Problem {
  return new Problem({
    code: "unknown-service",
    message: `environment ${environment} has no service ${asked.slice(0, 60)}`,
    fix: nameAdvice(asked, known, "services"),
    exit: "configuration",
  });
}

/** 32 hex digits, also with dashes or as a whole traceparent. */
function readRequestId(text: string): string {
  const compact = (/^00-([0-9a-f]{32})-/i.exec(text)?.[1] ?? text).replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(compact)) return compact;
  throw new Problem({
    code: "request-id-invalid",
    message: `a request id has 32 hexadecimal digits, got "${text}"`,
    fix: "copy it from the report, or from the X-Request-Id header",
    exit: "configuration",
  });
}
