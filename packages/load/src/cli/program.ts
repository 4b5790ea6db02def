import { access, constants, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { exitCodes, Problem, parseDurationMs, parsePerSecond } from "@dojang/model";
import { Command, InvalidArgumentError, Option } from "commander";
import packageFile from "../../package.json" with { type: "json" };
import { runLoad } from "../generator/run-load.ts";
import type { ProfileName } from "../plan/load-plan.ts";
import { makePlan } from "../plan/make-plan.ts";
import { parseObjective } from "../plan/parse-objective.ts";
import { parseTarget } from "../plan/parse-target.ts";
import { readK6Options } from "../plan/read-k6-options.ts";
import type { LoadResult } from "../result/load-result.ts";
import { renderSecond, renderText } from "../result/render-text.ts";
import { resultToJson } from "../result/to-json.ts";
import { readScenario, scenarioOfUrl } from "../scenario/read-scenario.ts";
import type { HeaderTemplate, Scenario } from "../scenario/scenario.ts";
import { createOtlpExporter, otlpEndpoint } from "../telemetry/otlp-exporter.ts";
import type { CommandContext } from "./command-context.ts";
import { fromHarCommand } from "./from-har.ts";
import { fromRunCommand } from "./from-run.ts";
import { requireReachable } from "./require-reachable.ts";

interface Options {
  readonly profile: ProfileName;
  readonly rate?: number;
  readonly peak?: number;
  readonly users?: number;
  readonly for?: number;
  readonly scenario?: string;
  readonly k6Options?: string;
  readonly objective: readonly string[];
  readonly connections?: number;
  readonly threads?: number;
  readonly timeout?: number;
  readonly connectTimeout?: number;
  readonly warmUp?: number;
  readonly poisson?: true;
  readonly abortEarly?: true;
  readonly method: string;
  readonly header: readonly string[];
  readonly body?: string;
  readonly socket?: string;
  readonly http2?: true;
  readonly insecure?: true;
  readonly ca?: string;
  readonly allowHost: readonly string[];
  readonly requestIdEvery?: number;
  readonly maxSamples?: number;
  readonly seed?: number;
  readonly otlp?: string;
  readonly json?: true | string;
  readonly quiet?: true;
}

/** `dojang-load`: sets the exit code by `onExit`. */
export function createProgram(context: CommandContext, onExit: (code: number) => void): Command {
  const program = loadCommand(context, onExit);
  for (const command of [fromHarCommand(context), fromRunCommand(context)]) program.addCommand(command.copyInheritedSettings(program));
  return program;
}

function loadCommand(context: CommandContext, onExit: (code: number) => void): Command {
  return (
    new Command("dojang-load")
      .description("Makes traffic, measures what every request met, and judges it.")
      .version(packageFile.version)
      .exitOverride()
      // A mistake in the words is told like a Problem: what is wrong, and where it stands how it should be.
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "dojang-load:")) })
      .showHelpAfterError("  fix: see what it takes: dojang-load --help")
      .showSuggestionAfterError()
      .argument("[url]", "what to ask; with --scenario the server that it is asked of, unless the scenario names one")
      .addOption(
        new Option("--profile <name>", "load and soak hold the rate, stress and breakpoint climb to the peak, spike jumps to it")
          .choices(["load", "stress", "spike", "soak", "breakpoint"])
          .default("load"),
      )
      .option("--rate <n>", "requests started per second, whatever the server does: 200, 200/s, 90/m (default 50)", rate)
      .option("--peak <n>", "height of a spike, end of a ramp (default ten times the rate)", rate)
      .option("--users <n>", "closed model instead of a rate: so many ask, wait, ask again", whole)
      .option("--for <time>", "how long: 30s, 5m (default 30s, stress 60s, soak 1h)", time)
      .option("--warm-up <time>", "traffic at the rate, or by the users, that is not judged, before", time)
      .option("--scenario <file>", "which requests, in which order: YAML, or a script in TypeScript or JavaScript")
      .option("--k6-options <file>", "k6's options as JSON: users, arrival rate, duration, thresholds")
      .option("--objective <rule>", 'what must hold, again and again: "p95<200ms", "errors<1%"', collect, [])
      .option("--abort-early", "end once an objective cannot hold any more")
      .option("--connections <n>", "open at once (default 100)", whole)
      .option("--threads <n>", "generator threads (default 1)", whole)
      .option("--timeout <time>", "of one request (default 10s)", time)
      .option("--connect-timeout <time>", "of opening a connection (default 5s)", time)
      .option("--poisson", "arrivals at random around the rate instead of evenly")
      .option("--method <name>", "of the URL's request", method, "GET")
      .option("--header <line>", '"Name: value", again and again', collect, [])
      .option("--body <text>", "of the URL's request; @file reads it")
      .option("--socket <path>", "connect to this unix socket")
      .option("--http2", "HTTP/2")
      .option("--insecure", "take any certificate")
      .option("--ca <file>", "PEM of the authority to trust")
      .option("--allow-host <name>", "may be loaded though it is not this machine", collect, [])
      .option("--request-id-every <n>", "every n-th request carries a traceparent (default none)", whole)
      .option("--max-samples <n>", "requests kept one by one (default 200000)", whole)
      .option("--seed <n>", "of everything random (default 1)", whole)
      .option("--otlp <url>", "send metrics there while it runs, OTLP over HTTP: http://127.0.0.1:4318")
      .option("--json [file]", "the result as JSON, to stdout or a file")
      .option("--quiet", "no live progress")
      .addHelpText(
        "after",
        "\nExample:\n  dojang-load http://127.0.0.1:8000/ --rate 5000 --for 30s --objective 'p95<200ms'\n\nExit codes: 0 passed, 1 an objective did not hold, 2 usage, 3 the run says nothing (generator at its limit, target not reachable), 4 refused target, 130 interrupted.",
      )
      .action(async (url: string | undefined, options: Options) => onExit(await load(context, url, options)))
  );
}

async function load(context: CommandContext, address: string | undefined, options: Options): Promise<number> {
  const written = options.scenario === undefined ? undefined : await readScenario(options.scenario, { environment: context.environment });
  const { target, url } = await parseTarget(address ?? written?.target ?? noTarget(), {
    socketPath: options.socket,
    http2: options.http2,
    insecure: options.insecure,
    allowedHosts: options.allowHost,
    ...(options.ca === undefined ? {} : { authorityPem: await readAuthority(options.ca) }),
  });
  const k6 =
    options.k6Options === undefined ? undefined : readK6Options(options.k6Options, await readText("k6-options", options.k6Options));
  const plan = makePlan({
    target,
    scenario: await scenarioFor(url, options, written),
    profile: options.profile,
    ratePerSecond: options.rate ?? (options.users === undefined ? k6?.ratePerSecond : undefined),
    peakPerSecond: options.peak,
    users: options.users ?? (options.rate === undefined ? k6?.users : undefined),
    forMs: options.for ?? k6?.forMs,
    warmUpMs: options.warmUp,
    arrivals: options.poisson ? "poisson" : "even",
    connections: options.connections ?? k6?.connections,
    connectTimeoutMs: options.connectTimeout,
    timeoutMs: options.timeout,
    threads: options.threads,
    objectives: [...(k6?.objectives ?? []), ...options.objective.map(parseObjective)],
    abortEarly: options.abortEarly ?? (k6?.abortEarly || undefined),
    requestIdEvery: options.requestIdEvery,
    maxSamples: options.maxSamples,
    seed: options.seed,
  });
  const exporter =
    options.otlp === undefined
      ? undefined
      : createOtlpExporter({
          plan,
          endpoint: await otlpEndpoint(options.otlp, options.allowHost),
          version: packageFile.version,
          environment: context.environment,
          warn: (text) => void context.stderr.write(`dojang-load: ${text}\n`),
        });
  if (typeof options.json === "string") await requirePlace(options.json);
  await requireReachable(plan, context.signal);
  const result = await runLoad(plan, {
    signal: context.signal,
    onSecond(second) {
      if (!options.quiet) context.stderr.write(`${renderSecond(second)}\n`);
      exporter?.second(second);
    },
  });
  await exporter?.finish(result);
  context.stdout.write(options.json === true ? `${JSON.stringify(resultToJson(result))}\n` : renderText(result));
  if (typeof options.json === "string") await writeFile(options.json, `${JSON.stringify(resultToJson(result, { samples: true }))}\n`);
  return exitCodeOf(result, context.signal);
}

function exitCodeOf({ verdict }: LoadResult, signal: AbortSignal): number {
  if (signal.aborted) return exitCodes.interrupted;
  if (verdict.kind === "passed") return exitCodes.passed;
  return verdict.kind === "invalid" ? exitCodes.infrastructure : exitCodes.failed;
}

/** A place for the result that cannot be one is told before the traffic, and not after it. */
async function requirePlace(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  const found = await stat(file).catch(() => undefined);
  const allowed = await access(found === undefined ? folder : file, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (allowed && !found?.isDirectory()) return;
  throw new Problem({
    code: "load-option",
    message: `\`json\` names the file ${file}, which cannot be written`,
    fix: found?.isDirectory() ? "it is a folder: name a file in it" : "name a file in a folder that is there and may be written to",
    exit: "configuration",
  });
}

function noTarget(): never {
  throw new Problem({
    code: "load-target",
    message: "nobody says what to ask",
    fix: "name a URL, or `target:` in the scenario",
    exit: "configuration",
  });
}

async function scenarioFor(url: URL, options: Options, written: Scenario | undefined): Promise<Scenario> {
  const headers = options.header.map(headerOf);
  if (written !== undefined) return { ...written, headers: [...written.headers, ...headers] };
  const body = options.body?.startsWith("@") ? await readText("body", options.body.slice(1)) : options.body;
  return scenarioOfUrl(url, { method: options.method.toUpperCase(), headers, body });
}

function headerOf(line: string): HeaderTemplate {
  const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
  if (found !== null) return { name: found[1] ?? "", value: found[2] ?? "" };
  throw new Problem({
    code: "load-option",
    message: `\`header\` must be "Name: value", got ${JSON.stringify(line)}`,
    fix: 'write --header "Accept: application/json"',
    exit: "configuration",
  });
}

async function readAuthority(file: string): Promise<string> {
  const text = await readText("ca", file);
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new Problem({
    code: "load-option",
    message: `\`ca\` names the file ${file}, which holds no certificate`,
    fix: "name a PEM file: it begins with -----BEGIN CERTIFICATE-----",
    exit: "configuration",
  });
}

async function readText(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Problem({
      code: "load-option",
      message: `\`${option}\` names the file ${file}, which cannot be read`,
      fix: "check the path",
      exit: "configuration",
      cause,
    });
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function method(text: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) throw new InvalidArgumentError(`must be a method such as GET or POST, got "${text}".`);
  return text;
}

function time(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError(`must be a duration above 0 such as 30s or 5m, got "${text}".`);
  return ms;
}

function rate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : parsePerSecond(text);
  if (value === undefined || !(value > 0)) throw new InvalidArgumentError(`must be a rate above 0 such as 200 or 200/s, got "${text}".`);
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError(`must be a whole number above 0, got "${text}".`);
  return Number(text);
}
