import { normaliseFile, normaliseIdentity, type TestAttempt, type TestStatus, testAttemptId, testId } from "@dojang/model";
import { z } from "zod";
import { capText, firstLine, meaningful } from "./captured-text.ts";
import { parseJson } from "./json-document.ts";

const chunk = z.union([z.object({ text: z.string() }), z.object({ buffer: z.string() })]);

const failure = z.object({ message: z.string().optional(), stack: z.string().optional(), value: z.string().optional() });

const result = z.object({
  status: z.string().optional(),
  duration: z.number().default(0),
  startTime: z.string().optional(),
  retry: z.number().int().min(0).default(0),
  error: failure.optional(),
  errors: z.array(failure).default([]),
  stdout: z.array(chunk).default([]),
  stderr: z.array(chunk).default([]),
  attachments: z.array(z.object({ name: z.string(), path: z.string().optional(), contentType: z.string().optional() })).default([]),
});

const spec = z.object({
  title: z.string(),
  file: z.string(),
  tests: z.array(
    z.object({ projectName: z.string().default(""), expectedStatus: z.string().default("passed"), results: z.array(result).default([]) }),
  ),
});

interface Suite {
  readonly title: string;
  readonly specs?: readonly z.output<typeof spec>[] | undefined;
  readonly suites?: readonly Suite[] | undefined;
}

const suite: z.ZodType<Suite> = z.object({
  title: z.string(),
  specs: z.array(spec).optional(),
  get suites() {
    return z.array(suite).optional();
  },
});

const schema = z.object({
  config: z.object({ rootDir: z.string().default("") }),
  suites: z.array(suite),
  errors: z.array(failure).default([]),
});

/** Playwright's JSON reporter (playwright `types/testReporter.d.ts`, JSONReport). Errors outside of tests become notes. */
export function readPlaywright(content: Uint8Array, workspaceDirectory: string): { attempts: TestAttempt[]; notes: string[] } {
  const report = parseJson(content, schema);
  const attempts: TestAttempt[] = [];
  // The suite of a file has the file as its title, which is no part of a test's title.
  for (const file of report.suites) visit({ ...file, title: "" }, [], { rootDir: report.config.rootDir, workspaceDirectory, attempts });
  return { attempts, notes: report.errors.map((error) => `outside of any test: ${firstLine(error.message ?? error.value ?? "an error")}`) };
}

interface Visit {
  readonly rootDir: string;
  readonly workspaceDirectory: string;
  readonly attempts: TestAttempt[];
}

function visit(node: Suite, titles: readonly string[], to: Visit): void {
  const titlePath = [...titles, node.title];
  for (const one of node.specs ?? []) to.attempts.push(...attemptsOf(one, [...titlePath, one.title], to));
  for (const inner of node.suites ?? []) visit(inner, titlePath, to);
}

function attemptsOf(one: z.output<typeof spec>, titlePath: readonly string[], { rootDir, workspaceDirectory }: Visit): TestAttempt[] {
  const file = one.file.startsWith("/") || rootDir === "" ? one.file : `${rootDir}/${one.file}`;
  return one.tests.flatMap((test) => {
    const identity = normaliseIdentity({ file, titlePath, project: test.projectName }, workspaceDirectory);
    const id = testId(identity);
    const base = { testId: id, file: identity.file, titlePath: identity.titlePath, project: identity.project };
    if (test.results.length === 0)
      return [{ ...base, id: testAttemptId(id, 1), attempt: 1, status: "skipped" as const, durationMs: 0, attachments: [] }];
    return test.results.map((execution): TestAttempt => {
      const attempt = execution.retry + 1;
      const at = Date.parse(execution.startTime ?? "");
      return {
        ...base,
        id: testAttemptId(id, attempt),
        attempt,
        status: statusOf(execution.status, test.expectedStatus),
        startedAt: Number.isNaN(at) ? undefined : at,
        durationMs: execution.duration,
        error: errorOf(execution, test.expectedStatus),
        output: meaningful([...execution.stdout, ...execution.stderr].map(textOf).join("")),
        attachments: execution.attachments.map((attachment) => ({
          name: attachment.name,
          path: normaliseFile(attachment.path ?? "", workspaceDirectory),
          contentType: attachment.contentType,
        })),
      };
    });
  });
}

/** A test marked to fail passes when it fails, and fails when it passes. */
function statusOf(status: string | undefined, expected: string): TestStatus {
  if (status === "skipped" || status === undefined) return "skipped";
  if (status === expected) return "passed";
  return status === "interrupted" ? "error" : "failed";
}

function errorOf(execution: z.output<typeof result>, expected: string): TestAttempt["error"] {
  if (execution.status === expected) return undefined;
  const errors = execution.errors.length > 0 ? execution.errors : execution.error === undefined ? [] : [execution.error];
  const texts = errors.map((error) => error.message ?? error.value ?? "").filter((text) => text !== "");
  const [first] = texts;
  if (first !== undefined)
    return {
      message: firstLine(first),
      stack: capText(execution.error?.stack && texts.length === 1 ? longer(first, execution.error.stack) : texts.join("\n\n")),
    };
  if (execution.status === "passed") return { message: "was expected to fail and passed" };
  return execution.status === "timedOut" ? { message: "ran into its timeout" } : undefined;
}

/** `errors[].message` has the snippet and the place, `error.stack` every frame: whichever says more. */
function longer(one: string, other: string): string {
  return one.length >= other.length ? one : other;
}

function textOf(part: z.output<typeof chunk>): string {
  return "text" in part ? part.text : Buffer.from(part.buffer, "base64").toString("utf8");
}
