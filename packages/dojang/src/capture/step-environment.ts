import type { RuntimeName } from "@dojang/model";

export interface StepEnvironmentOptions {
  readonly runtime: RuntimeName;
  /** Where the step sees Dojang's preloads. */
  readonly preloadDirectory: string;
  /** The recorder's lanes as the step reaches them, lane 0 first. */
  readonly laneAddresses: readonly { readonly host: string; readonly port: number }[];
  /** Lets Chromium accept the recorder's certificates; without it HTTPS pages show a certificate error. */
  readonly spkiPin?: string;
  /** Where the step sees the authority's certificate (PEM), and a file of the usual roots with it (`authorityBundle`). */
  readonly authorityPath?: string;
  readonly authorityBundlePath?: string;
  /** Further targets that are not recorded. */
  readonly noProxy?: readonly string[];
  /** Where processes of the step claim lanes; by default a folder of its own temporary files. */
  readonly laneDirectory?: string;
}

/**
 * All variables by which a step's programs find the recorder. Programs that know the usual proxy variables (curl, Python,
 * Go, most others) use lane 0 and belong to the step; Node and pytest load a preload that says which test asks.
 *
 * Where an environment has its own network, the step's own servers on localhost are no services and pass the recorder by. On
 * `host` services are on loopback addresses too, so everything goes through but the lanes themselves.
 */
export function stepEnvironment(options: StepEnvironmentOptions): Record<string, string> {
  const { laneAddresses, preloadDirectory } = options;
  const [step] = laneAddresses;
  if (step === undefined) throw new RangeError("a step needs at least one lane");
  const proxy = `http://${authority(step)}`;
  const noProxy = [...passedBy(options), ...(options.noProxy ?? [])].join(",");
  return {
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    NODE_OPTIONS: `--require="${preloadDirectory}/step.mjs"`,
    PYTHONPATH: `${preloadDirectory}/pytest`,
    PYTEST_PLUGINS: "dojang_pytest",
    DOJANG_LANES: laneAddresses.map(authority).join(","),
    DOJANG_LANE_DIRECTORY: options.laneDirectory ?? "/tmp/.dojang-lanes",
    ...(options.spkiPin === undefined ? {} : { DOJANG_SPKI: options.spkiPin }),
    ...trust(options),
  };
}

/** Variables of the step itself beside those of recording: where both may have a say, both have it. */
export function withStepVariables(
  recording: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const joined: Record<string, string> = { ...recording, ...own };
  for (const [name, separator] of [
    ["NODE_OPTIONS", " "],
    ["PYTHONPATH", ":"],
    ["PYTEST_PLUGINS", ","],
    ["NO_PROXY", ","],
    ["no_proxy", ","],
  ] as const) {
    const parts = [recording[name], own[name]].filter((part) => part !== undefined && part !== "");
    if (parts.length > 0) joined[name] = parts.join(separator);
  }
  return joined;
}

function passedBy({ runtime, laneAddresses }: StepEnvironmentOptions): string[] {
  const local = ["localhost", "127.0.0.1", "::1"];
  if (runtime === "host") return laneAddresses.map(authority);
  return [...local, ...new Set(laneAddresses.map(({ host }) => host).filter((host) => !local.includes(host)))];
}

/** NODE_EXTRA_CA_CERTS adds to the roots; the others replace them and so name the bundle. */
function trust({ authorityPath, authorityBundlePath }: StepEnvironmentOptions): Record<string, string> {
  return {
    ...(authorityPath === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorityPath }),
    ...(authorityBundlePath === undefined
      ? {}
      : { SSL_CERT_FILE: authorityBundlePath, CURL_CA_BUNDLE: authorityBundlePath, REQUESTS_CA_BUNDLE: authorityBundlePath }),
  };
}

function authority({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
