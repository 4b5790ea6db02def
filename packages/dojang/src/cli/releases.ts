import { resolve } from "node:path";
import { nameAdvice, Problem } from "@dojang/model";
import { Command } from "commander";
import { loadProject } from "../config/load-project.ts";
import { personOf } from "../deployments/people.ts";
import { createRelease } from "../releases/create-release.ts";
import { diffReleases, type ReleaseDiff } from "../releases/diff-releases.ts";
import { getRelease, listReleases, type Release } from "../releases/release.ts";
import { retainReleases } from "../releases/retain-releases.ts";
import { listSites } from "../store/sites.ts";
import type { Store } from "../store/store.ts";
import type { CommandContext } from "./command-context.ts";
import { openLiveSession } from "./live-session.ts";
import { addParcelCommands } from "./release-parcels.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";
import { utcTime } from "./utc-time.ts";
import { wholeNumber } from "./whole-number.ts";

export function releasesCommand(context: CommandContext): Command {
  const command = new Command("releases").addHelpText("after", "\nExample: dojang releases diff todo-r11 todo-r12");
  command
    .command("list", { isDefault: true })
    .description("Releases, newest first, and where they are live.")
    .option("--project <name>", "only of this project")
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", "\nExample: dojang releases --project todo")
    .action(async (flags: { project?: string; json: boolean }) => {
      await using session = await openSession({ context, say });
      const releases = await releasesOf(session.store, flags.project);
      const sites = await listSites(session.store);
      for (const release of releases) {
        const live = sites.filter(({ currentRelease }) => currentRelease === release.id).map(({ id }) => id);
        const former = sites.filter(({ previousRelease }) => previousRelease === release.id).map(({ id }) => id);
        process.stdout.write(`${flags.json ? JSON.stringify({ ...release, live, former }) : line(release, { live, former })}\n`);
      }
      if (releases.length === 0) say("there is no release yet: dojang deploy staging builds one");
    });
  command
    .command("build")
    .description("Build a release of a commit, or take it when it was built.")
    .argument("[directory]", "the project", ".")
    .option("--commit <ref>", "the commit, branch or tag (default: HEAD, with a clean working tree)")
    .option("--include-changes", "of the working tree as it is", false)
    .option("--verbose", "print what builds print", false)
    .addHelpText("after", "\nExample: dojang releases build --commit v1.4")
    .action(async (directory: string, flags: { commit?: string; includeChanges: boolean; verbose: boolean }) => {
      await using session = await openLiveSession({ context, verbose: flags.verbose });
      const { signal, environment } = context;
      const project = await loadProject({ directory: resolve(directory), env: environment, signal });
      const request = { project, commit: flags.commit, includeChanges: flags.includeChanges, requestedBy: personOf(environment) };
      process.stdout.write(`${(await createRelease({ ...session.live, signal, say }, request)).id}\n`);
    });
  command
    .command("diff")
    .description("What is different between two: commits, dependencies, names of variables, migrations, services.")
    .argument("<from>", "a release")
    .argument("<to>", "a release")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang releases diff todo-r11 todo-r12")
    .action(async (from: string, to: string, { json }: { json: boolean }) => {
      await using session = await openSession({ context, say });
      const [a, b] = [await getRelease(session.store, from), await getRelease(session.store, to)];
      const sites = await listSites(session.store, a.project);
      const diff = await diffReleases(a, b, { directory: sites[0]?.directory ?? ".", signal: context.signal });
      process.stdout.write(json ? `${JSON.stringify(diff)}\n` : `${differences(diff).join("\n")}\n`);
    });
  command
    .command("prune")
    .description("Remove the files of former releases, never of one that is live or gone back to.")
    .requiredOption("--project <name>", "of which project")
    .option("--keep <n>", "how many former ones stay", wholeNumber("--keep", { least: 0, most: 1_000_000, example: "--keep 5" }), 5)
    .addHelpText("after", "\nExample: dojang releases prune --project todo --keep 5")
    .action(async ({ project, keep }: { project: string; keep: number }) => {
      await using session = await openSession({ context, say });
      await releasesOf(session.store, project);
      const { removed } = await retainReleases(session.store, { project, keep, freeDiskBytes: 0, signal: context.signal });
      process.stdout.write(removed.length === 0 ? "nothing to remove\n" : `removed the files of ${removed.join(", ")}\n`);
    });
  addParcelCommands(command, context);
  return command;
}

/** A project that never had one, while others had: its name may be a mistake, and is said. */
async function releasesOf(store: Store, project: string | undefined): Promise<readonly Release[]> {
  const found = await listReleases(store, { project });
  if (found.length > 0 || project === undefined) return found;
  const known = [...new Set((await listReleases(store, { removed: true })).map((release) => release.project))];
  if (known.length === 0 || known.includes(project)) return found;
  throw new Problem({
    code: "project-unknown",
    message: `there is no release of ${JSON.stringify(project.slice(0, 60))}`,
    fix: nameAdvice(project, known, "projects"),
    exit: "configuration",
  });
}

function differences({
  from,
  to,
  commits,
  takenBack,
  dependencies,
  variables,
  services,
  migrations,
  changedFiles,
}: ReleaseDiff): readonly string[] {
  const names = (
    title: string,
    { added, removed, changed = [] }: { added: readonly string[]; removed: readonly string[]; changed?: readonly string[] },
  ) => [
    ...added.map((name) => `  + ${title} ${name}`),
    ...removed.map((name) => `  - ${title} ${name}`),
    ...changed.map((name) => `  ~ ${title} ${name}`),
  ];
  const said = [
    ...(commits ?? []).map(({ commit, author, subject }) => `  ${takenBack ? "-" : "+"} ${commit.slice(0, 10)} ${subject} (${author})`),
    ...(commits === undefined ? ["  the repository here does not have both commits"] : []),
    ...dependencies.map(
      (one) =>
        `  ~ ${one.name} ${one.from.join(", ") || "(new)"} -> ${one.to.join(", ") || "(gone)"}${one.development ? " (development)" : ""}`,
    ),
    ...names("variable", variables),
    ...names("service", services),
    ...names("migration", migrations),
    ...changedFiles.map((file) => `  ! ${file} is in no commit`),
  ];
  return [`${from} -> ${to}`, ...(said.length > 0 ? said : ["  nothing differs"])];
}

function line(release: Release, { live, former }: { readonly live: readonly string[]; readonly former: readonly string[] }): string {
  const { manifest, commit, createdAt, id } = release;
  const where = [live.length > 0 ? `live on ${live.join(", ")}` : "", former.length > 0 ? `warm on ${former.join(", ")}` : ""].filter(
    Boolean,
  );
  const changed = manifest.changedFiles.length > 0 ? " with changes" : "";
  return `${id} ${utcTime(createdAt)} ${commit?.slice(0, 10) ?? "no commit"}${changed} ${manifest.subject ?? ""}${where.length > 0 ? `  [${where.join("; ")}]` : ""}`;
}
