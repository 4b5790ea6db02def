import {
  identityOfJunitCase,
  normaliseFile,
  normaliseIdentity,
  type TestAttempt,
  type TestIdentity,
  type TestStatus,
  testAttemptId,
  testId,
} from "@dojang/model";
import { z } from "zod";
import { firstLine, meaningful } from "./captured-text.ts";
import { parseJson } from "./json-document.ts";

const status = z.enum(["passed", "failed", "skipped", "pending", "other"]);

const attachment = z.object({ name: z.string(), path: z.string(), contentType: z.string().optional() });

const execution = z.object({
  status,
  duration: z.number().default(0),
  start: z.number().optional(),
  message: z.string().optional(),
  trace: z.string().optional(),
  stdout: z.array(z.string()).default([]),
  stderr: z.array(z.string()).default([]),
  attachments: z.array(attachment).default([]),
});

const test = execution.extend({
  name: z.string(),
  // A string in older versions of the format, outermost first in both.
  suite: z.union([z.string(), z.array(z.string())]).optional(),
  filePath: z.string().optional(),
  browser: z.string().optional(),
  retries: z.number().int().min(0).optional(),
  flaky: z.boolean().optional(),
  retryAttempts: z.array(execution.extend({ attempt: z.number().int().optional() })).default([]),
});

const schema = z.object({ results: z.object({ tool: z.object({ name: z.string() }), tests: z.array(test) }) });

/** CTRF (ctrf.io, specification 1.0): `retryAttempts` are the attempts before the one that the test itself describes. */
export function readCtrf(content: Uint8Array, workspaceDirectory: string): { attempts: TestAttempt[]; notes: string[] } {
  const { results } = parseJson(content, schema);
  return { attempts: results.tests.flatMap((one) => attemptsOf(one, workspaceDirectory)), notes: [] };
}

function attemptsOf(one: z.output<typeof test>, workspaceDirectory: string): TestAttempt[] {
  const identity = identify(one, workspaceDirectory);
  const id = testId(identity);
  const all = [...earlier(one), one];
  return all.map((each, index): TestAttempt => {
    const failed = each.status === "failed" || each.status === "other";
    return {
      id: testAttemptId(id, index + 1),
      testId: id,
      file: identity.file,
      titlePath: identity.titlePath,
      project: identity.project,
      attempt: index + 1,
      status: statuses[each.status],
      startedAt: epochMs(each.start),
      durationMs: each.duration,
      error: failed
        ? {
            message: firstLine(each.message ?? each.trace ?? "") || "failed without a message",
            stack: meaningful([each.message, each.trace].filter(Boolean).join("\n")),
          }
        : undefined,
      output: meaningful([...each.stdout, ...each.stderr].join("\n")),
      attachments: each.attachments.map((file) => ({ ...file, path: normaliseFile(file.path, workspaceDirectory) })),
    };
  });
}

/** A writer that only counts retries still tells that attempts failed before. */
function earlier(one: z.output<typeof test>): z.output<typeof execution>[] {
  if (one.retryAttempts.length > 0) {
    // Some writers repeat the last attempt here.
    const last = one.retryAttempts.at(-1);
    const repeated = one.retries !== undefined && one.retryAttempts.length === one.retries + 1 && last?.status === one.status;
    return repeated ? one.retryAttempts.slice(0, -1) : one.retryAttempts;
  }
  const lost = one.retries ?? (one.flaky === true && one.status === "passed" ? 1 : 0);
  return Array.from({ length: Math.min(lost, 100) }, () => ({
    status: "failed" as const,
    duration: 0,
    start: undefined,
    message: "the report only counts this attempt",
    trace: undefined,
    stdout: [],
    stderr: [],
    attachments: [],
  }));
}

function identify(one: z.output<typeof test>, workspaceDirectory: string): TestIdentity {
  const suites = one.suite === undefined ? [] : typeof one.suite === "string" ? one.suite.split(" > ") : one.suite;
  if (one.filePath === undefined)
    return identityOfJunitCase({ name: one.name, classname: suites[0], suites: suites.slice(1) }, workspaceDirectory);
  const file = normaliseFile(one.filePath, workspaceDirectory);
  // Playwright's writer puts project and file first: `chromium > cart.spec.ts > cart`.
  const at = suites.findIndex((name) => file === name || file.endsWith(`/${name}`));
  const project = at > 0 ? suites[at - 1] : undefined;
  return normaliseIdentity({ file, titlePath: [...suites.slice(at + 1), one.name], project });
}

const statuses: Readonly<Record<z.output<typeof status>, TestStatus>> = {
  passed: "passed",
  failed: "failed",
  skipped: "skipped",
  pending: "skipped",
  other: "error",
};

/** The specification says milliseconds; writers in Python and Go have given seconds. */
function epochMs(start: number | undefined): number | undefined {
  if (start === undefined || start <= 0) return undefined;
  return start < 100_000_000_000 ? start * 1000 : start;
}
