import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";

/**
 * Writes a package for those who have only npm: JavaScript in few files with every dependency inside, because Node does not take
 * types off below node_modules. `npm pack` and `npm publish` it there.
 */
export interface PackageCommand {
  /** Of the package in the checkout. */
  readonly source: string;
  /** Emptied, then written. */
  readonly target: string;
  /** Modules of `src` that become files of `dist`, beside `main` and `index`: "generator/traffic-thread". */
  readonly moreEntries?: readonly string[];
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly bin: Readonly<Record<string, string>>;
}

const checkout = resolve(import.meta.dirname, "..");
const typesOfModel = ["facts", "problem"];
const modelTypes = "model/src/index.d.ts";
const launcher = "launch-command.mjs";

export async function packageCommand({ source, target, moreEntries = [] }: PackageCommand): Promise<void> {
  // Written by us, as every package.json of the checkout.
  const packageFile = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as PackageFile;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const modules = await bundle({ source, target, moreEntries });
  const libraryTypes = join(relative(join(checkout, "packages"), source), "src/index.d.ts");
  writeTypes({ source, target, libraryTypes });
  writeLicences(target, modules);
  writeCommands({ source, target, bin: packageFile.bin });
  cpSync(join(source, "README.md"), join(target, "README.md"));
  cpSync(join(checkout, "LICENSE"), join(target, "LICENSE"));
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest(packageFile, { target, libraryTypes }), undefined, 2)}\n`);
}

/** Gives the paths of all modules that went in. */
async function bundle({ source, target, moreEntries }: Required<PackageCommand>): Promise<readonly string[]> {
  const entries = ["main", "index", ...moreEntries];
  const build = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry.split("/").at(-1), join(source, "src", `${entry}.ts`)])),
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
function writeTypes({ source, target, libraryTypes }: { source: string; target: string; libraryTypes: string }): void {
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
function writeLicences(target: string, modules: readonly string[]): void {
  const folders = new Set(modules.flatMap((id) => /^(.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/.exec(id)?.[1] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  if (texts.length === 0) throw new Error("nothing of others went in, which cannot be");
  writeFileSync(join(target, "THIRD-PARTY-LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/** The commands, and what launches them beside them instead of in the checkout. */
function writeCommands({ source, target, bin }: { source: string; target: string; bin: PackageFile["bin"] }): void {
  mkdirSync(join(target, "bin"));
  cpSync(join(checkout, "scripts", launcher), join(target, "bin", launcher));
  for (const file of Object.values(bin)) {
    const text = readFileSync(join(source, file), "utf8");
    writeFileSync(join(target, file), text.replace(`../../../scripts/${launcher}`, `./${launcher}`));
    chmodSync(join(target, file), 0o755);
  }
}

function manifest(
  { name, version, description, license, type, bin }: PackageFile,
  { target, libraryTypes }: { target: string; libraryTypes: string },
) {
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
