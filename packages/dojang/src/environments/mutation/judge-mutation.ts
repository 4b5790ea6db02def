import type { CodeFinding, MutationJob } from "@dojang/model";
import { type MutantFacts, type MutantStatus, type MutationFacts, mutantsWith, mutationScore } from "../../report/mutation-facts.ts";
import type { GateFacts } from "../../report/run-facts.ts";

export interface MutationVerdict {
  readonly passed: boolean;
  readonly summary: string;
  readonly gates: readonly GateFacts[];
  /** Survivors, on their lines. */
  readonly findings: readonly CodeFinding[];
}

export interface JudgeMutationRequest {
  readonly job: string;
  readonly gate: MutationJob["gate"];
  readonly mutations: readonly MutationFacts[];
}

/** Survivors are said and, unless a gate is asked for that fails, judged by nobody: some are equivalent, and a person sees which. */
export function judgeMutation({ job, gate, mutations }: JudgeMutationRequest): MutationVerdict {
  const mutants = mutations.flatMap((one) => one.mutants);
  const score = mutationScore(mutants);
  const found = mutations.reduce((sum, one) => sum + one.found, 0);
  const untried = mutations.reduce((sum, one) => sum + one.untried, 0);
  const [unknown] = mutations.flatMap((one) => one.unknown ?? []);
  const gates: GateFacts[] = gate === undefined ? [] : [scoreGate({ job, gate, score, found, untried, unknown })];
  return {
    passed: gates.every((one) => one.held || one.onMiss === "warn"),
    summary: summaryOf(mutations, { score, untried, unknown }),
    gates,
    findings: mutations.flatMap(findingsOf),
  };
}

interface Seen {
  readonly score: number | undefined;
  readonly untried: number;
  readonly unknown: string | undefined;
}

function scoreGate({
  job,
  gate,
  score,
  found,
  untried,
  unknown,
}: Seen & { readonly job: string; readonly gate: NonNullable<MutationJob["gate"]>; readonly found: number }): GateFacts {
  const base = { job, gate: "mutation-score", expected: `>= ${percent(gate.score)}`, onMiss: gate.onMiss };
  // Of what is not known a gate must not say that it holds; of nothing there is nothing to know.
  if (unknown !== undefined) return { ...base, seen: `unknown: ${unknown}`, held: false };
  if (score === undefined && found === 0) return { ...base, seen: "the lines have nothing to break", held: true };
  if (score === undefined) return { ...base, seen: "unknown: no mutant was tried in time", held: false };
  return { ...base, seen: `${percent(score)}${untried > 0 ? `, ${untried} mutants not tried in time` : ""}`, held: score >= gate.score };
}

const countWords: readonly (readonly [MutantStatus, string])[] = [
  ["survived", "survived"],
  ["no-coverage", "run by no test"],
  ["timeout", "timed out"],
  ["error", "could not be tried"],
];

function summaryOf(mutations: readonly MutationFacts[], { score, untried, unknown }: Seen): string {
  const mutants = mutations.flatMap((one) => one.mutants);
  const leftOut = mutations.reduce((sum, one) => sum + one.leftOut, 0);
  if (mutants.length === 0 && unknown !== undefined) return `nothing is known: ${unknown}`;
  if (mutants.length === 0 && untried === 0) return "the lines have nothing to break";
  const counted = countWords.map(([status, word]) => ({ word, count: mutants.filter((one) => one.status === status).length }));
  return [
    score === undefined ? "no mutant says anything" : `${percent(score)} of ${mutants.length} mutants killed`,
    ...counted.filter(({ count }) => count > 0).map(({ word, count }) => `${count} ${word}`),
    ...(untried > 0 ? [`${untried} not tried in time`] : []),
    ...(unknown === undefined ? [] : [`the rest is not known: ${unknown}`]),
    ...(leftOut > 0 ? [`${leftOut} more left out`] : []),
  ].join(", ");
}

/** One finding for each survivor; for code that no test runs one for each line, since patch coverage says it too. */
function findingsOf(facts: MutationFacts): CodeFinding[] {
  const unrun = Map.groupBy(mutantsWith(facts, "no-coverage"), ({ file, line }) => `${file}:${line}`);
  return [
    ...mutantsWith(facts, "survived").map((mutant) => finding(facts, { mutant, level: "warning", message: survivorText(mutant) })),
    ...[...unrun.values()].flatMap(([mutant]) =>
      mutant === undefined
        ? []
        : [
            finding(facts, {
              mutant,
              level: "note",
              message: `no test runs this line, so none notices when it is changed:\n${diffText(mutant)}`,
            }),
          ],
    ),
  ];
}

function finding(
  { version }: MutationFacts,
  { mutant, level, message }: { readonly mutant: MutantFacts; readonly level: CodeFinding["level"]; readonly message: string },
): CodeFinding {
  const { file, line, column, operator } = mutant;
  return { tool: version, rule: operator, level, message, file, line, column };
}

function survivorText(mutant: MutantFacts): string {
  const [first] = mutant.tests;
  const others = mutant.testCount - 1;
  const ran =
    mutant.testCount === 0
      ? "the tests pass all the same"
      : first === undefined
        ? `all ${mutant.testCount} tests that run it pass all the same`
        : `${first}${others > 0 ? ` and ${others} more` : ""} ${others > 0 ? "run it and pass" : "runs it and passes"} all the same`;
  return `no test notices this change:\n${diffText(mutant)}\n${ran}`;
}

/** `- before` and `+ after`, a line each. */
export function diffText({ before, after }: Pick<MutantFacts, "before" | "after">): string {
  return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)].join("\n");
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 1000) / 10} %`;
}
