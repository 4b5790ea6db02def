import type { ComposeHealthcheck, HealthCheck, ServiceRecipe } from "@dojang/model";
import { splitCommand } from "@dojang/model";

type Probe = HealthCheck["probe"];

/**
 * How a service's health is known. The Compose file's check wins, then the Dockerfile's, then dojang.yml's; except that
 * dojang.yml's wins over a check that calls curl or wget, because those are programs of an image that need not exist here.
 * A plain `curl -f http://localhost:PORT/path` becomes the HTTP request it stands for.
 */
export function chooseHealth({ compose, image, recipe, port }: HealthSources): HealthCheck | undefined {
  const written = compose?.test === undefined ? image?.probe : fromCompose(compose);
  const asked = recipe?.health === undefined ? undefined : fromRecipe(recipe.health, port);
  const given = compose?.test?.kind === "none" ? undefined : written;
  const probe = given !== undefined && asked !== undefined && callsDownloader(given) ? asked : (given ?? asked);
  if (probe === undefined) return undefined;
  const timing = compose !== undefined ? timingOf(compose) : given !== undefined ? (image ?? quickTiming) : quickTiming;
  return { ...timing, probe: asHttp(probe) };
}

interface HealthSources {
  readonly compose: ComposeHealthcheck | undefined;
  /** The Dockerfile's HEALTHCHECK. */
  readonly image: HealthCheck | undefined;
  readonly recipe: ServiceRecipe | undefined;
  /** The port that dojang.yml's check asks. */
  readonly port: number | undefined;
}

type Timing = Omit<HealthCheck, "probe">;

/** For a check that only dojang.yml asks for: nobody wrote a rhythm, so it is found healthy soon. */
const quickTiming: Timing = { intervalMs: 500, timeoutMs: 5_000, retries: 10, startPeriodMs: 30_000 };

function timingOf({ intervalMs, timeoutMs, retries, startPeriodMs, startIntervalMs }: ComposeHealthcheck): Timing {
  return { intervalMs, timeoutMs, retries, startPeriodMs, ...(startIntervalMs !== undefined && { startIntervalMs }) };
}

function fromCompose({ test }: ComposeHealthcheck): Probe | undefined {
  if (test === undefined || test.kind === "none") return undefined;
  return test.kind === "shell" ? { kind: "shell", command: test.command } : { kind: "command", command: test.command };
}

function fromRecipe(health: NonNullable<ServiceRecipe["health"]>, port: number | undefined): Probe | undefined {
  if (port === undefined) return undefined;
  return health.kind === "tcp" ? { kind: "tcp", port } : { kind: "http", method: health.method, path: health.path, port };
}

function callsDownloader(probe: Probe): boolean {
  if (probe.kind === "shell") return /(^|[\s;&|(])(curl|wget)\s/.test(probe.command);
  return probe.kind === "command" && /(^|\/)(curl|wget)$/.test(probe.command[0] ?? "");
}

/** `curl -f URL || exit 1` and `wget --spider URL` are one request that must succeed; anything more is left as it is. */
function asHttp(probe: Probe): Probe {
  if (!callsDownloader(probe)) return probe;
  const words = probe.kind === "command" ? probe.command : probe.kind === "shell" ? shellWords(probe.command) : undefined;
  if (words === undefined) return probe;
  const program = words[0]?.split("/").at(-1);
  const options = words.slice(1).filter((word) => word.startsWith("-") && word !== "-");
  const targets = words.slice(1).filter((word) => !word.startsWith("-") && word !== "/dev/null");
  const allowed =
    program === "curl"
      ? /^(-[fsSLk]+|-o|--fail|--silent|--show-error|--output|--location)$/
      : /^(-q|-qO-|-O|-O-|--quiet|--spider|--no-verbose|-nv|--tries=\d+|-t|-T\d+|--timeout=\d+|--output-document=-|-qO)$/;
  const fails = program === "wget" || options.some((option) => /^(-[sSLk]*f[sSLkf]*|--fail)$/.test(option));
  const url = targets.length === 1 ? URL.parse(targets[0] ?? "") : null;
  if (
    !fails ||
    !options.every((option) => allowed.test(option)) ||
    url?.protocol !== "http:" ||
    !/^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])$/.test(url.hostname)
  )
    return probe;
  const method = options.includes("--spider") ? "HEAD" : "GET";
  return { kind: "http", method, path: url.pathname + url.search, port: Number(url.port || 80) };
}

function shellWords(line: string): string[] | undefined {
  if (/[$`]/.test(line)) return undefined;
  const plain = line.replace(/\s*(\|\||;)\s*(exit 1|false)\s*$/, "").replace(/\s*[12]?>\s*\/dev\/null(\s+2>&1)?\s*$/, "");
  const split = splitCommand(plain);
  return split.ok ? split.words : undefined;
}
