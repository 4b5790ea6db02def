import { createHash } from "node:crypto";
import { chmod, copyFile, lstat, mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildRequest, BuiltImage, CallOptions } from "../contract.ts";
import { makeDraft } from "../draft-folder.ts";
import { closestProgram } from "../programs/closest-program.ts";
import { languageEnvironment } from "../programs/language-program.ts";
import { describeProgram, type MachineFacts } from "../programs/machine-facts.ts";
import { buildFailed } from "../runtime-problems.ts";
import { digestTree } from "../sandbox/agent/tree-digest.ts";
import { readContextFiles } from "../sandbox/context-files.ts";
import { guestOwnership } from "../sandbox/guest-user.ts";
import { findImage, storeImage, treeOf } from "../sandbox/image-store.ts";
import { withOwnerLock } from "../sandbox/owner-lock.ts";
import { packageRegistries } from "../sandbox/package-registries.ts";
import { runCommand } from "../supervision/run-command.ts";
import { commandService } from "./command-service.ts";
import { hostHome } from "./host-folder.ts";
import { giveTree } from "./own-tree.ts";

const outputLimitBytes = 16 * 1024 * 1024;
const lastOutputCharacters = 4_000;

/**
 * Copies the context, runs the recipe's commands in the copy as the guest's user, and keeps the result by its content in
 * `<home>/host/images`. One process at a time builds the same thing; the others find it built.
 */
export async function buildOnHost(
  request: BuildRequest,
  options: CallOptions,
  facts: { readonly home: string; readonly machine: MachineFacts },
): Promise<BuiltImage> {
  const { signal } = options;
  signal.throwIfAborted();
  const store = hostHome(facts.home);
  const { recipe, context } = request.program;
  const files = await readContextFiles(context);
  const program = closestProgram(facts.machine, recipe.language === "python" ? ["python"] : ["node"]);
  const parts = [files.digest, recipe.build, recipe.language, program && describeProgram(program), request.environment];
  const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const found = await findImage(store, key);
  if (found !== undefined) return imageOf(request, store, { ...found, cached: true });
  return withOwnerLock(join(store, "images", "locks", key), signal, async () => {
    const made = await findImage(store, key);
    if (made !== undefined) return imageOf(request, store, { ...made, cached: true });
    const image = await build({ request, options, files: files.paths, store, key, machine: facts.machine });
    return imageOf(request, store, { ...image, cached: false });
  });
}

function imageOf(request: BuildRequest, store: string, image: { digest: string; sizeBytes: number; cached: boolean }): BuiltImage {
  return { service: request.service, ...image, reference: treeOf(store, image.digest) };
}

interface Build {
  readonly request: BuildRequest;
  readonly options: CallOptions;
  readonly files: readonly string[];
  readonly store: string;
  readonly key: string;
  readonly machine: MachineFacts;
}

async function build(work: Build): Promise<{ digest: string; sizeBytes: number }> {
  const { request, options, store } = work;
  const user = guestOwnership();
  await mkdir(join(store, "images"), { recursive: true, mode: 0o711 });
  await chmod(store, 0o711);
  const draft = await makeDraft(join(store, "images"));
  const tree = join(draft, "tree");
  const home = join(draft, "home");
  try {
    await chmod(draft, 0o711);
    await copyFiles(request.program.context, work.files, tree);
    await mkdir(home);
    await giveTree(draft, user, options.signal);
    for (const line of request.program.recipe.build) await runLine(line, { work, tree, home });
    const image = await digestTree(tree);
    // What is built is read by guests and written by none.
    await giveTree(tree, user && { uid: 0, gid: 0 }, options.signal);
    await storeImage(store, work.key, tree, image);
    return image;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runLine(line: string, at: { readonly work: Build; readonly tree: string; readonly home: string }): Promise<void> {
  const { request, options, machine, store } = at.work;
  const user = guestOwnership();
  const program = closestProgram(machine, request.program.recipe.language === "python" ? ["python"] : ["node"]);
  const cache = join(store, "cache");
  await mkdir(cache, { recursive: true });
  await giveTree(cache, user, options.signal);
  const base = languageEnvironment(
    {
      service: commandService(request.service, request.program),
      machine,
      listen: { host: "127.0.0.1" },
      dataDirectory: at.home,
      runDirectory: at.home,
    },
    at.tree,
    program,
  );
  const said: string[] = [];
  const result = await runCommand({
    argv: ["sh", "-c", line],
    environment: {
      ...base,
      CI: "1",
      npm_config_cache: join(cache, "npm"),
      PIP_CACHE_DIR: join(cache, "pip"),
      // The build has a home of its own: what the machine says of registries and authorities has to come along.
      ...(await packageRegistries(request.program.recipe.language)).environment,
      ...request.program.recipe.environment,
      ...request.environment,
    },
    directory: at.tree,
    timeoutMs: request.timeoutMs,
    outputLimitBytes,
    onOutput: ({ stream, data }) => {
      const text = Buffer.from(data).toString();
      said.push(text);
      options.onProgress?.({ kind: "output", source: request.service, stream, text });
    },
    signal: options.signal,
    uid: user?.uid,
    gid: user?.gid,
  });
  if (result.exitCode === 0) return;
  throw buildFailed({
    service: request.service,
    command: line,
    exitCode: result.exitCode,
    timedOut: result.timedOut,
    output: said.join("").slice(-lastOutputCharacters),
  });
}

async function copyFiles(context: string, paths: readonly string[], tree: string): Promise<void> {
  await mkdir(tree, { recursive: true });
  for (const path of paths) {
    const from = join(context, path);
    const to = join(tree, path);
    const found = await lstat(from);
    if (found.isDirectory()) {
      await mkdir(to, { recursive: true });
      continue;
    }
    await mkdir(dirname(to), { recursive: true });
    if (found.isSymbolicLink()) await symlink(await readlink(from), to);
    else {
      await copyFile(from, to);
      await chmod(to, (found.mode & 0o777) | 0o444);
    }
  }
}
