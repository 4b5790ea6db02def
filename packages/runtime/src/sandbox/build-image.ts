import { createHash } from "node:crypto";
import { join } from "node:path";
import type { BuildRecipe } from "@dojang/model";
import type { BuildRequest, BuiltImage, CallOptions, ProgressEvent } from "../contract.ts";
import { buildFailed } from "../runtime-problems.ts";
import { type EgressRules, openEgressGate } from "./agent/egress-gate.ts";
import { egressPort, gatewayAddress } from "./agent/pod-plan.ts";
import { runTool } from "./agent/run-tool.ts";
import { type ContextFiles, readContextFiles } from "./context-files.ts";
import { asGuest } from "./guest-user.ts";
import type { HostView } from "./host-view.ts";
import { findImage, keyFile, pruneImages, type StoredImage, storeImage, treeOf } from "./image-store.ts";
import { importTree } from "./import-tree.ts";
import { type JobPod, withJobPod } from "./job-pod.ts";
import { nodeFolder } from "./member-surroundings.ts";
import { withOwnerLock } from "./owner-lock.ts";
import { makeCache } from "./package-cache.ts";
import { noRegistries, type Registries } from "./package-registries.ts";
import { listMarks } from "./pod-folder.ts";
import type { Toolbox } from "./toolbox.ts";

export interface BuildContext {
  readonly home: string;
  readonly toolbox: () => Promise<Toolbox>;
  readonly host: () => Promise<HostView>;
  readonly registries: (language: BuildRecipe["language"]) => Promise<Registries>;
  /** Least recently used trees go beyond it. */
  readonly keepImageBytes: number;
}

const outputLimitBytes = 64 * 1024 * 1024;
const lastLines = 40;

/**
 * Builds a program from source in a pod of its own: same key, same tree, no work the second time. Several processes may
 * ask for one at once; the first builds, the others find it built.
 */
export async function buildImage(request: BuildRequest, options: CallOptions, context: BuildContext): Promise<BuiltImage> {
  const { home } = context;
  const files = await readContextFiles(request.program.context);
  const { language, build: commands } = request.program.recipe;
  const registries = commands.length === 0 ? noRegistries : await context.registries(language);
  const key = buildKey(request, files, registries);
  const image = (stored: StoredImage, cached: boolean): BuiltImage => ({
    service: request.service,
    ...stored,
    reference: treeOf(home, stored.digest),
    cached,
  });
  const known = await findImage(home, key);
  if (known) return image(known, true);
  return withOwnerLock(`${keyFile(home, key)}.lock`, options.signal, async () => {
    const meanwhile = await findImage(home, key);
    if (meanwhile) return image(meanwhile, true);
    const built = await build({ request, options, context, files, registries, key });
    await prune(context, built.digest);
    return image(built, false);
  });
}

function buildKey(request: BuildRequest, files: ContextFiles, registries: Registries): string {
  const { recipe, args } = request.program;
  const facts = [
    files.digest,
    recipe.language,
    recipe.directory,
    recipe.build,
    sorted(args),
    sorted(recipe.environment),
    sorted(request.environment),
    registries.identity,
    request.cacheNamespace ?? "",
    [process.version, process.platform, process.arch],
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Building {
  readonly request: BuildRequest;
  readonly options: CallOptions;
  readonly context: BuildContext;
  readonly files: ContextFiles;
  readonly registries: Registries;
  readonly key: string;
}

async function build({ request, options, context, files, registries, key }: Building): Promise<StoredImage> {
  const { home } = context;
  const { recipe } = request.program;
  const tell = options.onProgress ?? (() => {});
  const rules = egressRules(request, registries);
  const cache = await makeCache(home, request.cacheNamespace ?? request.project);
  return withJobPod(
    {
      home,
      purpose: "build",
      project: request.project,
      toolbox: await context.toolbox(),
      host: await context.host(),
      limits: {},
      folders: { tree: recipe.directory },
      caches: [{ from: cache, path: "/cache" }],
      readOnly: registries.readOnlyPaths,
      environment: buildEnvironment(request, registries),
      directory: recipe.directory,
      egress:
        rules && ((socketPath) => openEgressGate(socketPath, rules, ({ from: _pod, ...asked }) => tell({ kind: "egress", ...asked }))),
      signal: options.signal,
    },
    (paths) =>
      importTree({
        source: request.program.context,
        paths: files.paths,
        target: join(paths.guest, "disk", "tree"),
        signal: options.signal,
      }),
    async (pod) => {
      await runRecipe(pod, request, tell);
      const stored = await pod.digest("tree");
      await storeImage(home, key, join(pod.paths.guest, "disk", "tree"), stored);
      return stored;
    },
  );
}

function egressRules(request: BuildRequest, registries: Registries): EgressRules | undefined {
  if (request.egress.kind === "none" || request.program.recipe.build.length === 0) return undefined;
  return { hosts: request.egress.hosts, always: registries.hosts };
}

/** The folders of package managers' caches are shared by the builds of one trust, and packages are checked against lock files. */
function buildEnvironment(request: BuildRequest, registries: Registries): Record<string, string> {
  const gate = `http://${gatewayAddress}:${egressPort}`;
  const proxied: Record<string, string> =
    request.egress.kind === "none"
      ? {}
      : { HTTP_PROXY: gate, HTTPS_PROXY: gate, http_proxy: gate, https_proxy: gate, NODE_USE_ENV_PROXY: "1" };
  return {
    PATH: `${request.program.recipe.directory}/node_modules/.bin:${nodeFolder}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    LANG: "C.UTF-8",
    CI: "true",
    npm_config_cache: "/cache/npm",
    npm_config_update_notifier: "false",
    npm_config_audit: "false",
    npm_config_fund: "false",
    PIP_CACHE_DIR: "/cache/pip",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    ...proxied,
    ...registries.environment,
    ...request.program.args,
    ...request.program.recipe.environment,
    ...request.environment,
  };
}

async function runRecipe(pod: JobPod, request: BuildRequest, tell: (event: ProgressEvent) => void): Promise<void> {
  const deadline = performance.now() + request.timeoutMs;
  for (const command of request.program.recipe.build) {
    const said: string[] = [];
    const result = await pod.exec({
      command: ["/bin/sh", "-c", command],
      environment: {},
      timeoutMs: Math.max(1, deadline - performance.now()),
      outputLimitBytes,
      onOutput: ({ stream, data }) => {
        const text = Buffer.from(data).toString();
        tell({ kind: "output", source: request.service, stream, text });
        said.push(text);
        if (said.length > lastPieces) said.shift();
      },
    });
    if (result.exitCode === 0 && !result.timedOut && !result.truncated) continue;
    const output = said.join("").trimEnd().split("\n").slice(-lastLines).join("\n");
    throw buildFailed({ service: request.service, command, exitCode: result.exitCode, output, timedOut: result.timedOut });
  }
}

const lastPieces = 1_000;

async function prune({ home, keepImageBytes }: BuildContext, justBuilt: string): Promise<void> {
  const marks = await listMarks(home);
  const inUse = new Set([justBuilt, ...marks.flatMap((mark) => mark.images ?? [])]);
  await pruneImages({ home, keepBytes: keepImageBytes, inUse, removeTree: removeImage });
}

/** The tree is the guests': their user empties it. */
async function removeImage(folder: string): Promise<void> {
  await runTool(asGuest(["rm", "-rf", "--", join(folder, "tree")]));
  await runTool(["rm", "-rf", "--", folder]);
}
