import {
  identityOfJunitCase,
  type JunitCase,
  matchTest,
  normaliseFile,
  type TestAttempt,
  type TestIdentity,
  type TestStatus,
  testAttemptId,
  testId,
} from "@dojang/model";
import { capText, firstLine, meaningful } from "./captured-text.ts";
import { childrenNamed, parseXml, type XmlElement } from "./xml-document.ts";

export interface JunitOptions {
  readonly workspaceDirectory: string;
  readonly liveTests: readonly TestIdentity[];
}

const mostCases = 200_000;

/**
 * JUnit XML as Surefire, Gradle, Playwright, Vitest, Jest, pytest and node:test write it. There is no standard; the
 * closest to one is Surefire's schema (maven-surefire `surefire-test-report.xsd`), from which `rerunFailure`, `flakyFailure`
 * and their `Error` twins come: earlier attempts of the same test.
 */
export function readJunit(content: Uint8Array, options: JunitOptions): { attempts: TestAttempt[]; notes: string[] } {
  const cases: FoundCase[] = [];
  collect(parseXml(content), { suites: [] }, cases);
  const kept = cases.slice(0, mostCases);
  const notes = cases.length > kept.length ? [`only the first ${mostCases} of ${cases.length} test cases were read`] : [];
  const attempts: TestAttempt[] = [];
  const seen = new Map<string, number>();
  for (const found of kept) {
    const identity = identify(found, options);
    const id = testId(identity);
    for (const execution of executions(found.element)) {
      // The same test written twice is a runner's way of showing a retry.
      const attempt = (seen.get(id) ?? 0) + 1;
      seen.set(id, attempt);
      attempts.push(toAttempt({ found, identity, id, attempt, execution, options }));
    }
  }
  return { attempts, notes };
}

interface Surroundings {
  readonly suites: readonly string[];
  readonly file?: string;
  readonly hostname?: string;
  readonly startedAt?: number;
}

interface FoundCase extends Surroundings {
  readonly element: XmlElement;
}

function collect(element: XmlElement, around: Surroundings, cases: FoundCase[]): void {
  if (element.name === "testcase") {
    cases.push({ ...around, element });
    return;
  }
  const inner = element.name === "testsuite" ? enter(element, around) : around;
  for (const child of childrenNamed(element, "testsuites", "testsuite", "testcase")) collect(child, inner, cases);
}

function enter(suite: XmlElement, around: Surroundings): Surroundings {
  const { name, file, filepath, hostname, timestamp } = suite.attributes;
  return {
    suites: name ? [...around.suites, name] : around.suites,
    file: file ?? filepath ?? around.file,
    hostname: hostname ?? around.hostname,
    startedAt: time(timestamp) ?? around.startedAt,
  };
}

function identify(found: FoundCase, { workspaceDirectory, liveTests }: JunitOptions): TestIdentity {
  const { name = "", classname, file } = found.element.attributes;
  const written = file ?? found.file;
  const junitCase: JunitCase = {
    name,
    classname,
    file: written === undefined ? undefined : normaliseFile(written, workspaceDirectory),
    // A class that is also the suite (Surefire, Gradle) is the place, not a title.
    suites: found.suites.filter((suite) => suite !== classname),
  };
  // Playwright has the project's name where others have the machine's.
  const withProject = found.hostname === undefined ? junitCase : { ...junitCase, suites: [found.hostname, ...(junitCase.suites ?? [])] };
  return matchTest(liveTests, withProject) ?? identityOfJunitCase(junitCase, workspaceDirectory);
}

interface Execution {
  readonly status: TestStatus;
  readonly error?: { readonly message: string; readonly stack?: string };
  readonly output?: string;
  readonly durationMs?: number;
}

/** Every time the case was executed, in order. */
function executions(testCase: XmlElement): Execution[] {
  const output = outputOf(testCase);
  const flaky = childrenNamed(testCase, "flakyFailure", "flakyError").map(failedExecution);
  const failures = childrenNamed(testCase, "failure", "error");
  const reruns = childrenNamed(testCase, "rerunFailure", "rerunError").map(failedExecution);
  const first = failures[0];
  if (first !== undefined) {
    const retries = playwrightRetries(first);
    return [...flaky, ...(retries ?? [mergedFailure(failures)]), ...reruns].map((one, index, all) =>
      withOutput(one, output, index === all.length - 1),
    );
  }
  // Newer than Surefire: a run whose last rerun passed may still list them.
  if (childrenNamed(testCase, "skipped").length > 0) return [{ status: "skipped", output }];
  return [...flaky, ...reruns, { status: "passed", output }];
}

function withOutput(execution: Execution, output: string | undefined, last: boolean): Execution {
  return last && execution.output === undefined ? { ...execution, output } : execution;
}

function failedExecution(element: XmlElement): Execution {
  const trace = childrenNamed(element, "stackTrace")[0]?.text;
  return { ...failureOf(element, trace), output: outputOf(element), durationMs: milliseconds(element.attributes.time) };
}

function mergedFailure(failures: readonly XmlElement[]): Execution {
  const [first, ...others] = failures.map((failure) => failureOf(failure));
  if (first === undefined) return { status: "failed" };
  const stacks = [first, ...others].map((failure) => failure.error?.stack ?? failure.error?.message ?? "");
  return others.length === 0 ? first : { ...first, error: { message: first.error?.message ?? "", stack: capText(stacks.join("\n\n")) } };
}

function failureOf(element: XmlElement, trace?: string): Execution {
  const stack = meaningful(trace ?? element.text);
  const { message, type } = element.attributes;
  return {
    status: element.name.toLowerCase().endsWith("error") ? "error" : "failed",
    error: { message: capText(message || (stack === undefined ? (type ?? "failed without a message") : firstLine(stack))), stack },
  };
}

/** Playwright writes all attempts into one failure, parted by a ruler: `Retry #1 ────`. */
function playwrightRetries(failure: XmlElement): Execution[] | undefined {
  const parts = failure.text.split(/^[ \t]*Retry #\d+ ─+[ \t]*$/m);
  if (parts.length === 1) return undefined;
  const message = failure.attributes.message;
  return parts.map((part) => {
    const stack = meaningful(part.replace(/^[ \t]*\[[^\n]*─[ \t]*$/m, ""));
    return { status: "failed", error: { message: capText(message ?? firstLine(stack ?? "")), stack } };
  });
}

function outputOf(element: XmlElement): string | undefined {
  return meaningful(
    childrenNamed(element, "system-out", "system-err")
      .map((part) => part.text.replace(attachmentLine, ""))
      .join("\n"),
  );
}

/** The convention of Jenkins' junit-attachments plugin, which Playwright follows. */
const attachmentLine = /^[ \t]*\[\[ATTACHMENT\|(.+?)\]\][ \t]*$/gm;

function attachmentsOf(element: XmlElement): { name: string; path: string }[] {
  const output = childrenNamed(element, "system-out", "system-err")
    .map((part) => part.text)
    .join("\n");
  return [...output.matchAll(attachmentLine)].map(([, path = ""]) => ({ name: path.split("/").at(-1) ?? path, path }));
}

interface AttemptParts {
  readonly found: FoundCase;
  readonly identity: TestIdentity;
  readonly id: string;
  readonly attempt: number;
  readonly execution: Execution;
  readonly options: JunitOptions;
}

function toAttempt({ found, identity, id, attempt, execution }: AttemptParts): TestAttempt {
  const { time: seconds, timestamp } = found.element.attributes;
  return {
    id: testAttemptId(id, attempt),
    testId: id,
    file: identity.file,
    titlePath: identity.titlePath,
    project: identity.project,
    attempt,
    status: execution.status,
    startedAt: time(timestamp),
    durationMs: execution.durationMs ?? milliseconds(seconds) ?? 0,
    error: execution.error,
    output: execution.output,
    attachments: attachmentsOf(found.element),
  };
}

/** Seconds, as `1.5` or, in older reports, `1,234.5`. */
function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text.replaceAll(",", ""));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function time(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
