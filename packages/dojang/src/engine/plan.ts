import { type DojangFile, type Job, matrixCombinations, matrixJobName, nameAdvice, type PlannedJob, Problem } from "@dojang/model";
import { matchesAny } from "./glob.ts";

/** What is known of the change under test when its run is planned. */
export interface ChangeFacts {
  readonly event: "pull_request" | "push" | "manual";
  /** The branch it is on; for a pull request, the branch it goes into. */
  readonly branch: string | undefined;
  /** Repository paths the change touches; undefined when unknown, and then every path filter lets it through. */
  readonly paths: readonly string[] | undefined;
}

/** Jobs in an order in which each comes after those it needs. */
export interface Plan {
  readonly jobs: readonly PlannedJob[];
}

export interface PlanRequest {
  readonly file: DojangFile;
  readonly change: ChangeFacts;
  /** Only these jobs, and what they need; their matrix combinations all count. */
  readonly only?: readonly string[];
  /** Deploy jobs run too, and what needs them. Proving a change deploys nothing unless told to. */
  readonly deploy?: boolean;
}

/** Each step of a deployment has a limit of its own; cutting it off from outside leaves the most to clear up. */
const deployTimeoutMs = 6 * 3_600_000;
const neverAgain = { max: 0, on: [] } as const;

/** Kinds that this version knows how to write but not yet how to run. */
const plannedKinds: ReadonlySet<Job["kind"]> = new Set(["drill"]);

/** Pure: the same file and change give the same graph. Throws `job-unknown` and `needs-cyclic`. */
export function planRun({ file, change, only, deploy = false }: PlanRequest): Plan {
  const wanted = only === undefined ? Object.keys(file.jobs) : withNeeds(file, only);
  const jobs = inOrder(file, wanted).flatMap((base) => expand(file, base, { change, deploy }));
  return { jobs: spreadSkips(jobs) };
}

function expand(file: DojangFile, base: string, facts: { readonly change: ChangeFacts; readonly deploy: boolean }): PlannedJob[] {
  const definition = jobNamed(file, base);
  const skipped = skipReason(definition, facts);
  return matrixCombinations(definition.matrix).map((matrix) => ({
    name: matrixJobName(base, matrix),
    base,
    matrix,
    needs: definition.needs.flatMap((need) => matrixCombinations(jobNamed(file, need).matrix).map((each) => matrixJobName(need, each))),
    definition,
    environment: matrix.environment ?? definition.environment,
    timeoutMs: definition.timeoutMs ?? (definition.kind === "deploy" ? deployTimeoutMs : file.defaults.timeoutMs),
    // A deployment that failed was taken back; trying it again is for people to say.
    retry: definition.kind === "deploy" ? neverAgain : (definition.retry ?? file.defaults.retry),
    skipped,
  }));
}

function skipReason(
  { kind, when }: Job,
  { change, deploy }: { readonly change: ChangeFacts; readonly deploy: boolean },
): string | undefined {
  if (kind === "deploy" && !deploy) return "nothing is deployed without --deploy";
  if (plannedKinds.has(kind)) return `jobs of kind ${kind} are not run by this version of Dojang`;
  if (when?.event && !when.event.includes(change.event)) return `runs on ${when.event.join(", ")}, this is ${change.event}`;
  if (when?.branch && !(change.branch !== undefined && matchesAny(when.branch, change.branch))) {
    return `runs on branch ${when.branch.join(", ")}, this is ${change.branch ?? "no branch"}`;
  }
  const touched = change.paths;
  if (when?.paths && touched && !touched.some((path) => matchesAny(when.paths ?? [], path))) {
    return `the change touches none of ${when.paths.join(", ")}`;
  }
  return undefined;
}

/** A job that needs a skipped one is skipped too, and says which. Jobs come in order, so one pass is enough. */
function spreadSkips(jobs: readonly PlannedJob[]): PlannedJob[] {
  const done = new Map<string, PlannedJob>();
  for (const job of jobs) {
    const need = job.needs.find((name) => done.get(name)?.skipped !== undefined);
    done.set(job.name, job.skipped === undefined && need !== undefined ? { ...job, skipped: `needs ${need}, which is skipped` } : job);
  }
  return [...done.values()];
}

function withNeeds(file: DojangFile, only: readonly string[]): string[] {
  const wanted = new Set<string>();
  const pending = [...only];
  for (let base = pending.pop(); base !== undefined; base = pending.pop()) {
    if (wanted.has(base)) continue;
    wanted.add(base);
    pending.push(...jobNamed(file, base).needs);
  }
  return Object.keys(file.jobs).filter((base) => wanted.has(base));
}

/** Depth first along `needs`, otherwise as written. `dojang check` finds cycles with their place; this is the last line of defence. */
function inOrder(file: DojangFile, names: readonly string[]): string[] {
  const ordered = new Set<string>();
  const visit = (base: string, path: readonly string[]): void => {
    if (ordered.has(base)) return;
    if (path.includes(base)) throw cyclicNeeds([...path.slice(path.indexOf(base)), base]);
    for (const need of jobNamed(file, base).needs) visit(need, [...path, base]);
    ordered.add(base);
  };
  for (const base of names) visit(base, []);
  return [...ordered];
}

function jobNamed(file: DojangFile, base: string): Job {
  const found = Object.hasOwn(file.jobs, base) ? file.jobs[base] : undefined;
  if (found) return found;
  throw new Problem({
    code: "job-unknown",
    message: `there is no job "${base}" in dojang.yml`,
    fix: nameAdvice(base, Object.keys(file.jobs), "jobs"),
    exit: "configuration",
  });
}

function cyclicNeeds(cycle: readonly string[]): Problem {
  return new Problem({
    code: "needs-cyclic",
    message: `jobs wait for each other: ${cycle.join(" needs ")}`,
    fix: "remove one of these needs",
    exit: "configuration",
  });
}
