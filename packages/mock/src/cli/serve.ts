import { exitCodes, formatFinding } from "@dojang/model";
import type { MockServer } from "../contract.ts";
import { startMock } from "../serving/start-mock.ts";
import type { CommandContext } from "./command-context.ts";
import { toMockOptions } from "./mock-options.ts";
import { createRequestLog } from "./request-log.ts";
import type { ServeFlags } from "./serve-flags.ts";
import { watchDocuments } from "./watch-documents.ts";
import { watchFolder } from "./watch-folder.ts";
import { checkWireMockFlags } from "./wiremock-flags.ts";

/** Runs a mock until it is told to end: by a signal, or through its admin API. */
export async function serve(flags: ServeFlags, { signal }: CommandContext): Promise<void> {
  for (const line of checkWireMockFlags(flags)) print(line);
  if (flags.verbose) print("Verbose logging enabled");
  const options = await toMockOptions(flags);
  const onServed = createRequestLog(flags, print);
  const server = await startMock(onServed === undefined ? options : { ...options, onServed });
  const ended = new AbortController();
  try {
    if (flags.watch) watch(server, options.directory, ended.signal);
    announce(server, flags);
    await Promise.race([server.closed, aborted(signal)]);
  } finally {
    ended.abort();
    await server.close();
  }
  process.exitCode = exitCodes.passed;
}

function announce({ port, httpsPort, world }: MockServer, { json, socket, openapi, bindAddress }: ServeFlags): void {
  const host = bindAddress ?? "localhost";
  const addresses = [
    ...(socket === undefined ? [] : [`unix:${socket}`]),
    ...(port === undefined ? [] : [`http://${inUrl(host)}:${port}`]),
    ...(httpsPort === undefined ? [] : [`https://${inUrl(host)}:${httpsPort}`]),
  ];
  const stubs = world.stubs.all().length;
  const from = world.files.directory === undefined ? "" : ` of ${world.files.directory}`;
  const parts = [`${countOf(stubs)}${from}`, ...(openapi ?? [])];
  const warnings = world.contract?.warnings ?? [];
  for (const warning of warnings.slice(0, mostWarnings)) print(`warning: ${formatFinding(warning)}`);
  if (warnings.length > mostWarnings) print(`and ${warnings.length - mostWarnings} more: \`dojang-mock check\` lists them`);
  print(`dojang-mock listens on ${addresses.join(" and ")}: ${parts.join(", ")}`);
  if (json) process.stdout.write(`${JSON.stringify({ event: "listening", port, httpsPort, socket, stubs, pid: process.pid })}\n`);
}

const mostWarnings = 10;

function watch({ world }: MockServer, directory: string | undefined, signal: AbortSignal): void {
  if (world.contract !== undefined) watchDocuments(world, { signal, print });
  if (directory === undefined) return;
  watchFolder({
    folder: directory,
    // The folder of the stubs need not be there yet.
    counts: (name) => name.split(/[/\\]/)[0] === "mappings",
    recursive: true,
    signal,
    print,
    reload: async () => {
      if (await world.reloadMappings()) print(`read again: ${countOf(world.stubs.all().length)}`);
    },
  });
}

function countOf(stubs: number): string {
  return stubs === 1 ? "one stub" : `${stubs} stubs`;
}

function inUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function print(text: string): void {
  process.stderr.write(`${text}\n`);
}
