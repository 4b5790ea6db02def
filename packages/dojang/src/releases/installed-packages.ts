import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A package of somebody else's that a built tree holds. */
export interface InstalledPackage {
  readonly ecosystem: "npm" | "pypi";
  readonly name: string;
  readonly version: string;
  /** SPDX expression or a name, as the package says. */
  readonly license?: string;
  /** Of the archive it came from. */
  readonly sha512?: string;
  /** Only needed to build or to test. */
  readonly development?: boolean;
  /** `name@version` of packages it asks for. */
  readonly dependencies: readonly string[];
}

/** What is really there, not what a lock file wished for: npm's own list of the installed tree, packages found otherwise, Python's metadata. */
export async function installedPackages(tree: string): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>();
  for (const one of [...(await npmPackages(tree)), ...(await pythonPackages(tree))])
    found.set(`${one.ecosystem} ${one.name}@${one.version}`, one);
  return [...found.values()].sort((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`));
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function npmPackages(tree: string): Promise<readonly InstalledPackage[]> {
  const text = await readFile(join(tree, "node_modules", ".package-lock.json"), "utf8").catch(() => undefined);
  if (text === undefined) return await walkedPackages(join(tree, "node_modules"), 0);
  const packages: Record<string, LockedPackage> = JSON.parse(text).packages ?? {};
  return Object.entries(packages).flatMap(([path, entry]): InstalledPackage[] => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    // Packages of the project's own workspaces lie outside of node_modules.
    if (entry.version === undefined || entry.link === true || !path.includes("node_modules/")) return [];
    const wanted = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies });
    const dependencies = wanted.flatMap((other) => {
      const at = resolveFrom(path, other, packages);
      return at === undefined ? [] : [`${other}@${packages[at]?.version}`];
    });
    return [
      {
        ecosystem: "npm",
        name,
        version: entry.version,
        license: entry.license,
        sha512: hexOf(entry.integrity),
        development: entry.dev,
        dependencies,
      },
    ];
  });
}

/** As Node looks for it: in the package's own node_modules, then in those above. */
function resolveFrom(path: string, name: string, packages: Readonly<Record<string, LockedPackage>>): string | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    const candidate = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (at === "") return undefined;
  }
}

function hexOf(integrity: string | undefined): string | undefined {
  const base64 = /sha512-([A-Za-z0-9+/=]+)/.exec(integrity ?? "")?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("hex");
}

const deepest = 8;

/** Where another tool than npm installed: the folders themselves. */
async function walkedPackages(folder: string, depth: number): Promise<readonly InstalledPackage[]> {
  if (depth > deepest) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: InstalledPackage[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) continue;
    if (entry.name.startsWith("@") || entry.name === ".pnpm") found.push(...(await walkedPackages(path, depth + 1)));
    if (entry.name.includes("@") && folder.endsWith(".pnpm")) found.push(...(await walkedPackages(join(path, "node_modules"), depth + 1)));
    if (entry.name.startsWith("@") || entry.name.startsWith(".")) continue;
    const text = await readFile(join(path, "package.json"), "utf8").catch(() => undefined);
    const read = text === undefined ? undefined : parsed(text);
    if (typeof read?.name === "string" && typeof read.version === "string") {
      const license = typeof read.license === "string" ? read.license : undefined;
      found.push({ ecosystem: "npm", name: read.name, version: read.version, license, dependencies: [] });
    }
    found.push(...(await walkedPackages(join(path, "node_modules"), depth + 1)));
  }
  return found;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // A fixture of a package's own tests, as a rule.
    return undefined;
  }
}

async function pythonPackages(tree: string): Promise<readonly InstalledPackage[]> {
  const library = join(tree, ".venv", "lib");
  const versions = (await readdir(library).catch(() => [])).filter((name) => name.startsWith("python"));
  const found: InstalledPackage[] = [];
  for (const version of versions) {
    const packages = join(library, version, "site-packages");
    for (const name of await readdir(packages).catch(() => [])) {
      if (!name.endsWith(".dist-info")) continue;
      const text = await readFile(join(packages, name, "METADATA"), "utf8").catch(() => "");
      // Headers as in a mail; the description comes after an empty line.
      const [head = ""] = text.split(/\r?\n\r?\n/);
      const header = (wanted: string) => new RegExp(`^${wanted}: (.+)$`, "mi").exec(head)?.[1]?.trim();
      const [title, release] = [header("Name"), header("Version")];
      if (title === undefined || release === undefined) continue;
      found.push({
        ecosystem: "pypi",
        name: title.toLowerCase().replaceAll(/[-_.]+/g, "-"),
        version: release,
        license: header("License-Expression") ?? header("License"),
        dependencies: [],
      });
    }
  }
  return found;
}
