import { readFile } from "node:fs/promises";
import type { Release } from "./release.ts";
import type { MigrationSet, ReleaseManifest } from "./release-manifest.ts";
import { commitsBetween } from "./release-source.ts";

/** What changes between two releases, for whoever has to approve it. */
export interface ReleaseDiff {
  readonly from: string;
  readonly to: string;
  /** Newest first; undefined where the repository does not have both commits. */
  readonly commits: readonly { readonly commit: string; readonly author: string; readonly subject: string }[] | undefined;
  /** Set when `to` is older: these commits are taken back. */
  readonly takenBack: boolean;
  readonly dependencies: readonly DependencyChange[];
  readonly variables: NameChanges;
  readonly services: NameChanges & { readonly changed: readonly string[] };
  readonly migrations: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] };
  readonly configurationChanged: boolean;
  /** Files that no commit holds. */
  readonly changedFiles: readonly string[];
}

export interface DependencyChange {
  /** `npm fastify`, `image postgres`. */
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly development: boolean;
}

export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export async function diffReleases(
  from: Release,
  to: Release,
  { directory, environment, signal }: { readonly directory: string; readonly environment?: string; readonly signal: AbortSignal },
): Promise<ReleaseDiff> {
  const range = from.commit === undefined || to.commit === undefined ? undefined : { from: from.commit, to: to.commit };
  const forward = range && (await commitsBetween(directory, range, signal));
  const backward = range && forward?.length === 0 ? await commitsBetween(directory, { from: range.to, to: range.from }, signal) : [];
  const takenBack = (backward?.length ?? 0) > 0;
  const [before, after] = await Promise.all([packagesOf(from), packagesOf(to)]);
  return {
    from: from.id,
    to: to.id,
    commits: takenBack ? backward : forward,
    takenBack,
    dependencies: changedPackages(before, after),
    variables: changedNames(variablesOf(from.manifest, environment), variablesOf(to.manifest, environment)),
    services: {
      ...changedNames(
        from.manifest.services.map(({ name }) => name),
        to.manifest.services.map(({ name }) => name),
      ),
      changed: changedServices(from.manifest, to.manifest),
    },
    migrations: changedMigrations(from.manifest.migrations, to.manifest.migrations),
    configurationChanged: from.manifest.configuration !== to.manifest.configuration,
    changedFiles: to.manifest.changedFiles,
  };
}

function variablesOf({ variables, environments }: ReleaseManifest, environment: string | undefined): readonly string[] {
  const own = environment === undefined ? undefined : environments[environment];
  return own === undefined ? variables : [...own.variables, ...own.secrets];
}

function changedNames(before: readonly string[], after: readonly string[]): NameChanges {
  return { added: after.filter((name) => !before.includes(name)), removed: before.filter((name) => !after.includes(name)) };
}

/** Its build, or how it is run. */
function changedServices(before: ReleaseManifest, after: ReleaseManifest): readonly string[] {
  const text = (manifest: ReleaseManifest, name: string) =>
    JSON.stringify([
      manifest.services.find((service) => service.name === name),
      manifest.artifacts.find(({ service }) => service === name)?.digest,
    ]);
  return after.services
    .map(({ name }) => name)
    .filter((name) => before.services.some((service) => service.name === name) && text(before, name) !== text(after, name));
}

function changedMigrations(before: readonly MigrationSet[], after: readonly MigrationSet[]): ReleaseDiff["migrations"] {
  const digests = (sets: readonly MigrationSet[]) =>
    new Map(sets.flatMap(({ folder, files }) => files.map(({ name, digest }) => [`${folder}/${name}`, digest] as const)));
  const [old, now] = [digests(before), digests(after)];
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
    changed: [...now].filter(([name, digest]) => old.has(name) && old.get(name) !== digest).map(([name]) => name),
  };
}

interface ListedPackage {
  readonly versions: Set<string>;
  development: boolean;
}

interface ListedComponent {
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly scope?: string;
}

/** Of its bill of materials; a release whose files are gone has none to tell. */
async function packagesOf({ folders }: Release): Promise<ReadonlyMap<string, ListedPackage>> {
  const text = await readFile(folders.sbom, "utf8").catch(() => "{}");
  const components: readonly ListedComponent[] = JSON.parse(text).components ?? [];
  const found = new Map<string, ListedPackage>();
  for (const { type, group, name, version = "", purl, scope } of components) {
    const kind = type === "container" ? "image" : (/^pkg:(\w+)\//.exec(purl ?? "")?.[1] ?? type);
    const key = `${kind} ${group === undefined ? name : `${group}/${name}`}`;
    const known = found.get(key) ?? { versions: new Set<string>(), development: true };
    known.versions.add(version);
    known.development &&= scope === "optional";
    found.set(key, known);
  }
  return found;
}

function changedPackages(
  before: ReadonlyMap<string, ListedPackage>,
  after: ReadonlyMap<string, ListedPackage>,
): readonly DependencyChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)].map((one) => [...(one?.versions ?? [])].sort());
    if (from === undefined || to === undefined || from.join() === to.join()) return [];
    return [{ name, from, to, development: (after.get(name) ?? before.get(name))?.development ?? false }];
  });
}
