import { type PathFilter, type PathPattern, slugOf } from "./path-pattern.ts";

export interface ImportPatterns {
  readonly correct: PathPattern;
  readonly buggy: PathPattern;
  readonly tests: PathPattern;
  /** Further files that programs or tests read. */
  readonly support?: readonly PathFilter[];
  /** What is left alone, whatever else matches. */
  readonly except?: readonly PathFilter[];
}

/** Paths of one exercise to be, or why there is none. */
export type PlannedImport =
  | {
      readonly id: string;
      readonly name: string;
      readonly correct: string;
      readonly tests: string;
      readonly variants: readonly { readonly id: string; readonly file: string }[];
      readonly support: readonly string[];
    }
  | { readonly id: string; readonly refused: string };

/** Pure: the files of a collection -> which of them make an exercise. Sorted by id. */
export function planImport(
  all: readonly string[],
  { correct, buggy, tests, support = [], except = [] }: ImportPatterns,
): readonly PlannedImport[] {
  const exceptions = except.map((one) => one.of());
  const files = all.filter((file) => !exceptions.some((one) => one(file)));
  const of = (pattern: PathPattern) =>
    Map.groupBy(
      files.flatMap((file) => {
        const match = pattern.match(file);
        return match === undefined ? [] : [{ file, ...match }];
      }),
      (one) => one.name,
    );
  const [allCorrect, allBuggy, allTests] = [of(correct), of(buggy), of(tests)];
  const supportOf = (name: string) => {
    const filters = support.map((one) => one.of(name));
    return files.filter((file) => filters.some((matches) => matches(file))).sort();
  };
  const taken = new Set<string>();
  const plans = [...allCorrect].map(([name, found]): PlannedImport => {
    const id = slugOf(name);
    const bugs = (allBuggy.get(name) ?? []).filter((one) => !found.some(({ file }) => file === one.file));
    const ownTests = allTests.get(name) ?? [];
    const [first] = found;
    const [test] = ownTests;
    const wanted = (pattern: PathPattern) => pattern.text.replaceAll("{name}", name);
    if (id === "") return { id: name, refused: "its name has neither letters nor digits" };
    if (taken.has(id)) return { id, refused: `another one is called ${id} already` };
    taken.add(id);
    if (first === undefined || found.length > 1) return { id, refused: `${found.length} files match ${wanted(correct)}: one is wanted` };
    if (test === undefined || ownTests.length > 1) return { id, refused: `${ownTests.length} files match ${wanted(tests)}: one is wanted` };
    if (bugs.length === 0) return { id, refused: `no file matches ${wanted(buggy)}` };
    return { id, name, correct: first.file, tests: test.file, variants: nameVariants(bugs), support: supportOf(name) };
  });
  return plans.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function nameVariants(bugs: readonly { readonly file: string; readonly rest: string }[]) {
  const used = new Set<string>();
  return bugs
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, rest }) => {
      const wanted = slugOf(rest.replace(/\.\w+$/, "")) || "bug";
      let id = wanted;
      for (let number = 2; used.has(id); number++) id = `${wanted}-${number}`;
      used.add(id);
      return { id, file };
    });
}
