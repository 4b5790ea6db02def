import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What runs inside of sandboxes is no module of ours: its files are read as text, joined to one program of their language, and given to an
 * interpreter as an argument. So a guest needs to see no folder of the judge's, wherever that lies and whoever may enter it.
 */

/** For `node --eval`: CommonJS, each file by its own name, `runner.cjs` last. */
export async function typeScriptRunnerText(): Promise<string> {
  const parts = await readParts(join(import.meta.dirname, "typescript"), ".cjs");
  const functions = parts.map(({ name, text }) => `${JSON.stringify(`./${name}`)}: (module, require) => {\n${text}\n}`);
  return `{
const parts = {${functions.join(",\n")}};
const loaded = new Map();
const load = (name) => {
  if (!Object.hasOwn(parts, name)) return require(name);
  if (!loaded.has(name)) {
    const module = { exports: {} };
    parts[name](module, load);
    loaded.set(name, module.exports);
  }
  return loaded.get(name);
};
load("./runner.cjs");
}`;
}

/** For `python -c`: the package `judge_runner`, each module after those it imports. */
export async function pythonRunnerText(): Promise<string> {
  const folder = join(import.meta.dirname, "python", "judge_runner");
  const parts = await Promise.all(pythonModules.map(async (name) => [name, await readFile(join(folder, `${name}.py`), "utf8")]));
  // Twice as JSON: the outer one is a string of Python's too.
  return `import json, sys, types
sys.modules["judge_runner"] = types.ModuleType("judge_runner")
for name, text in json.loads(${JSON.stringify(JSON.stringify(parts))}):
    module = sys.modules["judge_runner." + name] = types.ModuleType("judge_runner." + name)
    exec(compile(text, "judge_runner/" + name + ".py", "exec"), module.__dict__)
sys.modules["judge_runner.zygote"].bear()
`;
}

const pythonModules = ["channel", "kernel", "guest", "recorder", "clock", "keeper", "zygote"];

async function readParts(folder: string, ending: string): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
}
