import { matchesGlob } from "node:path";
import { type MutationJob, Problem } from "@dojang/model";
import type { ChangedLines } from "../../results/changed-lines.ts";

export type Engine = "stryker" | "pytest";

/** A file and the lines of it that are broken; undefined: all. */
export interface MutationTarget {
  readonly file: string;
  readonly lines: readonly number[] | undefined;
}

export interface MutationTargets {
  readonly of: Readonly<Record<Engine, readonly MutationTarget[]>>;
  /** Why all lines are taken although those of the change were asked for. */
  readonly allBecause?: string;
}

export interface ChooseTargetsRequest {
  readonly definition: Pick<MutationJob, "mutate" | "lines" | "engine">;
  /** Paths of the change's files. */
  readonly sources: readonly string[];
  /** Undefined when there is nothing to compare with. */
  readonly changed: ChangedLines | undefined;
}

const extensions: Readonly<Record<Engine, RegExp>> = { stryker: /\.(?:[cm]?[jt]sx?|vue|svelte)$/, pytest: /\.py$/ };

/** Tests and what only describes types: to break them says nothing of tests. */
const neverBroken =
  /(?:^|\/)(?:__tests__|__mocks__|__fixtures__)\/|\.(?:test|spec)\.\w+$|\.d\.[cm]?ts$|(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/;

/** Throws a Problem `mutate-matches-nothing` when the globs name no file that an engine can break. */
export function chooseTargets({ definition, sources, changed }: ChooseTargetsRequest): MutationTargets {
  const { mutate, engine } = definition;
  const wanted = mutate.filter((glob) => !glob.startsWith("!"));
  const unwanted = mutate.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  const named = sources.filter((path) => matches(wanted, path) && !matches(unwanted, path));
  const engines = engine === undefined ? (["stryker", "pytest"] as const) : [engine];
  const breakable = named.filter((path) => !neverBroken.test(path) && engines.some((one) => extensions[one].test(path)));
  if (breakable.length === 0) throw matchesNothing({ mutate, named, engines });
  const all = definition.lines === "all" || changed === undefined;
  const targets = breakable.flatMap((file): MutationTarget[] => {
    if (all) return [{ file, lines: undefined }];
    const lines = [...(changed.get(file) ?? [])].sort((a, b) => a - b);
    return lines.length === 0 ? [] : [{ file, lines }];
  });
  const ofEngine = (one: Engine) => (engines.includes(one) ? targets.filter(({ file }) => extensions[one].test(file)) : []);
  return {
    of: { stryker: ofEngine("stryker"), pytest: ofEngine("pytest") },
    allBecause:
      definition.lines === "changed" && changed === undefined
        ? "there is nothing to compare the change with: all lines are taken"
        : undefined,
  };
}

/** `[1, 2, 3, 7]` -> `[[1, 3], [7, 7]]`. */
export function lineRanges(lines: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}

function matches(globs: readonly string[], path: string): boolean {
  return globs.some((glob) => matchesGlob(path, glob));
}

function matchesNothing({
  mutate,
  named,
  engines,
}: {
  readonly mutate: readonly string[];
  readonly named: readonly string[];
  readonly engines: readonly Engine[];
}): Problem {
  const globs = mutate.join(", ");
  const first = named[0];
  return new Problem({
    code: "mutate-matches-nothing",
    message:
      first === undefined
        ? `\`mutate\` matches no file of the project: ${globs}`
        : `\`mutate\` (${globs}) matches nothing that can be broken by ${engines.join(" or ")}: ${named.length} files such as ${first}`,
    fix: "name sources in JavaScript, TypeScript or Python, relative to the project's folder: `mutate: src/**/*.ts`; tests are left out by themselves",
    exit: "configuration",
  });
}
