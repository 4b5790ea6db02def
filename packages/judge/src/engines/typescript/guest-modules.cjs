/** What an import leads to: the submission and its program, which are in memory and new in every run, the facades, and Node's own modules. */
const { isBuiltin, registerHooks } = require("node:module");
const { facades } = require("./facades.cjs");

let files = {};
let version = "";
const work = "file:///work/";

/** From now on. The version is part of every address, so that modules of an earlier run are not found. */
function show(newFiles, newVersion) {
  files = newFiles;
  version = newVersion;
}

const refuse = (specifier, why) => {
  throw Object.assign(new Error(`Cannot find ${JSON.stringify(specifier)}: ${why}`), { code: "ERR_MODULE_NOT_FOUND" });
};

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? "";
    const isGuest = parent.startsWith(work);
    if (isGuest && specifier === "node:test") return { url: "judge:node-test", shortCircuit: true };
    if (isGuest && specifier === "vitest") return { url: "judge:vitest", shortCircuit: true };
    if (specifier.startsWith(work) || specifier.startsWith("judge:")) return { url: specifier, shortCircuit: true };
    if (!isGuest || isBuiltin(specifier)) return next(specifier, context);
    if (!specifier.startsWith("./") && !specifier.startsWith("../"))
      return refuse(specifier, "there are Node's modules, vitest and the program");
    const wanted = new URL(specifier, parent.split("?")[0]).href.slice(work.length);
    const found = [wanted, `${wanted}.ts`, wanted.replace(/\.js$/, ".ts")].find((name) => Object.hasOwn(files, name));
    if (found === undefined) return refuse(specifier, `the program is ${Object.keys(files).join(", ")}`);
    return { url: `${work}${found}?${version}`, shortCircuit: true };
  },
  load(url, context, next) {
    if (url in facades) return { format: "module", source: facades[url].source, shortCircuit: true };
    if (!url.startsWith(work)) return next(url, context);
    const name = url.slice(work.length).split("?")[0];
    if (!Object.hasOwn(files, name)) return refuse(name, "there is no such file");
    return { format: name.endsWith(".json") ? "json" : "module", source: files[name], shortCircuit: true };
  },
});

module.exports = { addressOf: (name) => `${work}${name}?${version}`, show };
