// package.ts [FOLDER]: writes the package for those who have only npm into FOLDER (default dist/package): JavaScript in few files
// with every dependency inside, because Node does not take types off below node_modules. `npm pack` and `npm publish` it there.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import packageFile from "../package.json" with { type: "json" };

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, "..");
const checkout = resolve(source, "../..");
const typesOfModel = ["facts", "problem"];
const modelTypes = "model/src/index.d.ts";
const libraryTypes = "mock/src/index.d.ts";
const target = resolve(process.argv[2] ?? join(source, "dist/package"));

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const modules = await bundle();
writeTypes();
writeLicences(modules);
for (const name of ["README.md", "bin"]) cpSync(join(source, name), join(target, name), { recursive: true });
cpSync(join(checkout, "LICENSE"), join(target, "LICENSE"));
writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`);
process.stdout.write(`${target}\n`);

/** Gives the paths of all modules that went in. */
async function bundle(): Promise<readonly string[]> {
  const build = await rolldown({
    input: { main: join(source, "src/main.ts"), index: join(source, "src/index.ts") },
    platform: "node",
    // The schemas of dojang.yml are of no use here, and zod comes only with them.
    treeshake: { moduleSideEffects: (id) => !/[/\\](zod|packages[/\\]model)[/\\]/.test(id) },
    onLog(level, log) {
      if (level !== "info") process.stderr.write(`${log.message}\n`);
    },
  });
  const { output } = await build.write({
    dir: join(target, "dist"),
    format: "esm",
    chunkFileNames: "[name].js",
    comments: { legal: false },
  });
  return output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
}

/** Declarations as the compiler makes them: those that the library's reach, and of @dojang/model what needs no zod. */
function writeTypes(): void {
  const types = join(target, "types");
  const everything = join(target, "all-types");
  const settings = join(target, "tsconfig.json");
  writeFileSync(
    settings,
    JSON.stringify({
      extends: relative(target, join(checkout, "tsconfig.json")),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        // Whether the types agree is for `npm run check` to say.
        noCheck: true,
        outDir: everything,
        rootDir: join(checkout, "packages"),
        typeRoots: [join(checkout, "node_modules/@types")],
      },
      files: [join(source, "src/index.ts"), ...typesOfModel.map((name) => join(checkout, "packages/model/src", `${name}.ts`))],
      include: [],
    }),
  );
  const { status, stdout } = spawnSync(join(checkout, "node_modules/.bin/tsc"), ["-p", settings], { encoding: "utf8" });
  if (status !== 0) throw new Error(`declarations could not be made:\n${stdout}`);
  writeFileSync(join(everything, modelTypes), typesOfModel.map((name) => `export * from "./${name}.ts";\n`).join(""));
  const waiting = [libraryTypes];
  const written = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (written.has(name)) continue;
    written.add(name);
    // Each module says where the others are as they will be found: by the names of JavaScript files.
    const here = dirname(name);
    const text = readFileSync(join(everything, name), "utf8").replace(/(?<=from |import\()"([^"]+)"/g, (whole, specifier: string) => {
      const wanted = specifier === "@dojang/model" ? modelTypes : join(here, specifier.replace(/\.ts$/, ".d.ts"));
      if (!specifier.startsWith(".") && specifier !== "@dojang/model") return whole;
      waiting.push(wanted);
      const way = relative(here, wanted).replace(/\.d\.ts$/, ".js");
      return JSON.stringify(way.startsWith(".") ? way : `./${way}`);
    });
    mkdirSync(dirname(join(types, name)), { recursive: true });
    writeFileSync(join(types, name), text);
  }
  rmSync(settings);
  rmSync(everything, { recursive: true });
}

/** What is inside belongs to others: their names and terms go with it. */
function writeLicences(modules: readonly string[]): void {
  const folders = new Set(modules.flatMap((id) => /^(.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/.exec(id)?.[1] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  if (texts.length === 0) throw new Error("nothing of others went in, which cannot be");
  writeFileSync(join(target, "THIRD-PARTY-LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

function manifest() {
  const { name, version, description, license, type, bin } = packageFile;
  return {
    name,
    version,
    description,
    license,
    type,
    bin,
    engines: { node: ">=22" },
    exports: { ".": { types: `./types/${libraryTypes}`, default: "./dist/index.js" } },
    files: ["bin", "dist", "types", "THIRD-PARTY-LICENSES.txt"].filter((entry) => existsSync(join(target, entry))),
  };
}
