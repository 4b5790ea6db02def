import { execFile } from "node:child_process";
import { chmod, cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Authority, authorityBundle, createAuthority } from "./authority.ts";
import { type Harness, startHarness } from "./recorder-harness.ts";
import { stepEnvironment } from "./step-environment.ts";

const run = promisify(execFile);
export const repositoryRoot = join(import.meta.dirname, "../../../..");
export const preloadSource = join(repositoryRoot, "packages/dojang/preload");

/** A recorder, and a folder in which commands run as steps do: the fixture's copy is the workspace. */
export interface StepHarness extends AsyncDisposable {
  readonly recorded: Harness;
  readonly authority: Authority;
  readonly folder: string;
  /** Resolves with what the command printed; rejects with all of it when the command fails. */
  step(fixture: string, command: readonly string[]): Promise<string>;
}

export async function startStepHarness(): Promise<StepHarness> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-step-"));
  await chmod(folder, 0o755);
  const workspace = join(folder, "workspace");
  const authority = await createAuthority({ environment: "env-1" });
  const recorded = await startHarness({ lanes: 5, authority, workspace });
  await cp(preloadSource, join(folder, "preload"), { recursive: true });
  await writeFile(join(folder, "authority.pem"), authority.certificatePem);
  await writeFile(join(folder, "bundle.pem"), authorityBundle(authority.certificatePem));
  const variables = stepEnvironment({
    runtime: "sandbox",
    preloadDirectory: join(folder, "preload"),
    laneAddresses: recorded.recorder.lanes.map(({ index }) => ({ host: "127.0.0.1", port: recorded.proxyPort(index) })),
    spkiPin: authority.spkiPin,
    authorityPath: join(folder, "authority.pem"),
    authorityBundlePath: join(folder, "bundle.pem"),
    laneDirectory: join(folder, "lanes"),
  });
  return {
    recorded,
    authority,
    folder,
    async step(fixture, [program = "", ...args]) {
      await cp(join(import.meta.dirname, "fixtures", fixture), workspace, { recursive: true });
      await symlink(join(repositoryRoot, "node_modules"), join(workspace, "node_modules"));
      // All a step knows: nothing of the machine's own proxies or certificates.
      const own = { PATH: process.env.PATH, HOME: folder, DOJANG_DEBUG: "1" };
      const results = { RESULT_FILE: join(folder, "report.json"), RESULT_FOLDER: join(folder, "results") };
      const options = { cwd: workspace, env: { ...own, ...results, ...variables }, maxBuffer: 1 << 26, timeout: 150_000 };
      try {
        return (await run(program === "node" ? process.execPath : program, args, options)).stdout;
      } catch (error) {
        // execFile rejects with an Error that carries both outputs.
        const { stdout, stderr } = error as { stdout?: string; stderr?: string };
        throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
      }
    },
    async [Symbol.asyncDispose]() {
      await recorded[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serves as a page of many requests: `.../page` fetches `subresources` others and says so in `#done`. */
export const subresources = 24;

export function pageBody(path: string | undefined): string {
  const icon = '<link rel="icon" href="data:,">';
  if (!path?.endsWith("/page")) return `${icon}ok`;
  const script = `let done = 0;
for (let index = 0; index < ${subresources}; index++) fetch("r/" + index).then((response) => response.text()).then(() => {
  if (++done === ${subresources}) document.getElementById("done").textContent = String(done);
});`;
  return `${icon}<p id="done"></p><script>${script}</script>`;
}
