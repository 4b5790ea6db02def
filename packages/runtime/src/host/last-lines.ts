import { Problem } from "@dojang/model";
import { readSpool } from "../supervision/line-spool.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";

const lastLines = 12;

/** The same Problem, with the last words of the services that failed: their log is about to be removed. */
export async function withLastLines(error: unknown, logs: string, statuses: readonly SupervisedStatus[]): Promise<unknown> {
  if (!(error instanceof Problem)) return error;
  const guilty = statuses.filter(
    ({ state, exitCode, restarts }) =>
      state === "unhealthy" || state === "starting" || (state === "exited" && (exitCode !== 0 || restarts > 0)),
  );
  const quotes = await Promise.all(guilty.map(({ name }) => quote(name, logs)));
  const quoted = quotes.flat().join("\n");
  if (quoted === "") return error;
  const { code, exit, fix, message } = error;
  return new Problem({ code, exit, fix, message: `${message}\n${quoted}`, cause: error });
}

async function quote(service: string, logs: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const reading = { folder: logs, service, follow: false, signal: new AbortController().signal, ended: async () => true };
  for await (const line of readSpool(reading)) {
    if (line.stream !== "system") lines.push(`  ${service} | ${line.text}`);
    if (lines.length > lastLines) lines.shift();
  }
  return lines;
}
