import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { GeneratorOrder, WireResult } from "./wire-format.ts";

/** The folder of a script, written where the generator is. What is said about it names the files that people know. */
export interface PlacedScript extends AsyncDisposable {
  placed(plan: LoadPlan): LoadPlan;
  named(result: WireResult): WireResult;
  original(said: string): string;
}

const nothing: PlacedScript = {
  placed: (plan) => plan,
  named: (result) => result,
  original: (said) => said,
  [Symbol.asyncDispose]: async () => undefined,
};

export async function placeScript({ plan, scriptFiles }: GeneratorOrder): Promise<PlacedScript> {
  const { module } = plan.scenario;
  if (module === undefined || scriptFiles === undefined) return nothing;
  const folder = await realpath(await mkdtemp(join(tmpdir(), "dojang-script-")));
  for (const { path, text } of scriptFiles) {
    const file = resolve(folder, path);
    if (!file.startsWith(folder + sep)) throw new RangeError(`${path} leaves the script's folder`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const original = (said: string) => said.replaceAll(folder, dirname(module));
  return {
    original,
    placed: (whole) => ({ ...whole, scenario: { ...whole.scenario, module: join(folder, basename(module)) } }),
    named(result) {
      if (result.script === undefined) return result;
      const errors = result.script.errors.map(({ message, at, times }) => ({
        message: original(message),
        times,
        ...(at === undefined ? {} : { at: original(at) }),
      }));
      return { ...result, script: { ...result.script, errors } };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
