// Loaded into the project's Stryker as a reporter. It tells each mutant's fate when it is known, and settles which mutants are tried
// when there are more than wanted: Stryker asks its reporters before it begins, with the plans it then follows.

import { createHash } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";
import { relative } from "node:path";

const descriptor = 3;
const longestLines = 20;
const longestText = 300;
const mostTests = 20;

const statuses = {
  Killed: "killed",
  Survived: "survived",
  Timeout: "timeout",
  NoCoverage: "no-coverage",
  RuntimeError: "error",
  CompileError: "error",
};

class DojangReporter {
  #tests = new Map();
  #atMost = Number(process.env.DOJANG_MUTATION_AT_MOST);
  #sources = new Map();
  /** Place and change of the mutants that are tried, by their id. */
  #tried = new Map();

  onDryRunCompleted({ result, timing }) {
    for (const test of result.tests) this.#tests.set(test.id, test.name);
    this.#tell({ kind: "baseline", tests: result.tests.length, durationMs: timing.net + timing.overhead });
  }

  onMutationTestingPlanReady({ mutantPlans }) {
    const open = mutantPlans.filter(({ mutant }) => mutant.status === undefined);
    const chosen = new Set(this.#choose(open));
    for (const plan of open) {
      if (chosen.has(plan)) {
        this.#tried.set(plan.mutant.id, this.#placed(plan.mutant));
        continue;
      }
      // As Stryker has it for what a comment in the source takes out.
      plan.plan = "EarlyResult";
      plan.mutant = { ...plan.mutant, status: "Ignored", statusReason: "not chosen" };
    }
    const ignored = mutantPlans.length - open.length;
    this.#tell({ kind: "planned", found: open.length, chosen: chosen.size, ...(ignored === 0 ? {} : { ignored }) });
  }

  onMutantTested(mutant) {
    const status = statuses[mutant.status];
    const placed = this.#tried.get(mutant.id);
    if (status === undefined || placed === undefined) return;
    const names = (ids) => (ids ?? []).map((id) => this.#tests.get(id) ?? id);
    this.#tell({
      kind: "mutant",
      status,
      ...placed,
      operator: mutant.mutatorName,
      tests: names(mutant.coveredBy).slice(0, mostTests),
      testCount: mutant.coveredBy?.length ?? mutant.testsCompleted ?? 0,
      durationMs: 0,
      ...(mutant.status === "Killed" && mutant.killedBy?.length ? { killedBy: names(mutant.killedBy)[0] } : {}),
      ...(status === "error" && mutant.statusReason ? { reason: mutant.statusReason.slice(0, longestText) } : {}),
    });
  }

  /** One of each line before a second of any; which ones is settled by their text alone. */
  #choose(plans) {
    const lines = Map.groupBy(plans, ({ mutant }) => `${mutant.fileName}:${mutant.location.start.line}`);
    const ranked = [...lines.values()].flatMap((group) =>
      group
        .map((plan) => ({ plan, key: this.#key(plan.mutant) }))
        .sort(byKey)
        .map((entry, turn) => ({ ...entry, turn })),
    );
    ranked.sort((a, b) => a.turn - b.turn || byKey(a, b));
    return ranked.slice(0, this.#atMost).map(({ plan }) => plan);
  }

  #key(mutant) {
    const { file, before, after } = this.#placed(mutant);
    return createHash("sha256")
      .update([file, mutant.mutatorName, ...before, "", ...after].join("\0"))
      .digest("hex");
  }

  /**
   * The lines of a planned mutant as they are, and as it has them. Plans count lines and columns from 0. A mutant of a loop's condition
   * is told with its whole body, laid out anew: only the lines that differ are shown.
   */
  #placed({ fileName, location: { start, end }, replacement }) {
    const lines = this.#linesOf(fileName);
    const before = lines.slice(start.line, end.line + 1);
    const head = (lines[start.line] ?? "").slice(0, start.column);
    const tail = (lines[end.line] ?? "").slice(end.column);
    const after = `${head}${replacement}${tail}`.split("\n");
    const alike = (a, b) => a !== undefined && a.trim() === b?.trim();
    let first = 0;
    while (first < Math.min(before.length, after.length) - 1 && alike(before[first], after[first])) first++;
    let last = 0;
    while (last < Math.min(before.length, after.length) - first - 1 && alike(before.at(-1 - last), after.at(-1 - last))) last++;
    return {
      file: relative(process.cwd(), fileName),
      line: start.line + first + 1,
      column: first === 0 ? start.column + 1 : 1,
      before: shown(before.slice(first, before.length - last)),
      after: shown(after.slice(first, after.length - last)),
    };
  }

  #linesOf(fileName) {
    const known = this.#sources.get(fileName);
    if (known !== undefined) return known;
    const lines = readFileSync(fileName, "utf8").split(/\r?\n/);
    this.#sources.set(fileName, lines);
    return lines;
  }

  #tell(event) {
    writeSync(descriptor, `${JSON.stringify(event)}\n`);
  }
}

function byKey(a, b) {
  return a.key < b.key ? -1 : 1;
}

function shown(lines) {
  const cut = lines.slice(0, longestLines).map((line) => line.slice(0, longestText));
  return lines.length > longestLines ? [...cut, "…"] : cut;
}

export const strykerPlugins = [{ kind: "Reporter", name: "dojang", factory: () => new DojangReporter() }];
