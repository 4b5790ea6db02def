import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A package as those have it who have only npm: packed, installed in an empty folder, with nothing of the checkout around it. */
export interface InstalledPackage {
  /** The folder that it is installed in. */
  readonly home: string;
  remove(): void;
}

/** `source` is the package's folder in the checkout. */
export function installPackage(source: string): InstalledPackage {
  const root = mkdtempSync(join(tmpdir(), "dojang-package-"));
  const home = join(root, "home");
  mkdirSync(home);
  const made = join(root, "made");
  runFile(process.execPath, [join(source, "scripts/package.ts"), made], root);
  const [{ filename }] = JSON.parse(runFile("npm", ["pack", "--json", "--pack-destination", root], made));
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "home", private: true, type: "module" }));
  runFile("npm", ["install", "--offline", "--no-audit", "--no-fund", join(root, filename)], home);
  return { home, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Its standard output; what it said otherwise is in the error when it fails. */
export function runFile(file: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(file, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 200_000 });
  } catch (error) {
    const output = error instanceof Error && "stdout" in error && "stderr" in error ? `${error.stdout}${error.stderr}` : "";
    throw new Error(`${file} ${args.join(" ")} failed:\n${output}`, { cause: error });
  }
}

/** Compiles a program in that folder, so that the package's declarations are all there is. */
export function checkTypes({ home }: InstalledPackage, program: string): void {
  writeFileSync(join(home, "use.ts"), program);
  const modules = join(import.meta.dirname, "../node_modules");
  const settings = ["--module", "nodenext", "--target", "es2024", "--strict", "--noEmit", "--types", "node"];
  runFile(join(modules, ".bin/tsc"), [...settings, "--typeRoots", join(modules, "@types"), "use.ts"], home);
}
