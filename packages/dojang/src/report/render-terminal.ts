import { stripVTControlCharacters, styleText } from "node:util";
import type { LogRecord } from "@dojang/model";
import { type FirstLook, firstLooks } from "./first-look.ts";
import type { LoadFacts } from "./load-facts.ts";
import { mutantsWith } from "./mutation-facts.ts";
import { plainText } from "./plain-text.ts";
import { readableRecord } from "./readable-record.ts";
import { reportedTests } from "./reported-tests.ts";
import type { RunFacts } from "./run-facts.ts";

export interface TerminalOptions {
  readonly color: boolean;
  readonly columns: number;
  /** Named at the end, where report.html was written. */
  readonly reportPath?: string;
}

const mostLooks = 5;
const mostQuotedLines = 8;
const mostWarnings = 5;
const mostSurvivors = 5;

/** A run in a few lines, ending with what to look at first. Nothing a service wrote can move the cursor or change colours. */
export function renderTerminal(facts: RunFacts, options: TerminalOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const { tests } = reportedTests(facts);
  const looks = firstLooks(facts, tests);
  const lines = [verdictLine(facts, paint), ...testLines(facts, paint), ...leftOutLines(facts)];
  const shown = looks.slice(0, mostLooks);
  for (const [index, look] of shown.entries()) lines.push("", ...lookLines(look, index === 0 ? "Look first" : "Then", paint));
  if (looks.length > shown.length) lines.push("", `and ${looks.length - shown.length} more in the report`);
  if (options.reportPath !== undefined) lines.push("", `Report: ${options.reportPath}`);
  return `${lines.map((line) => fit(line, options.columns)).join("\n")}\n`;
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

function verdictLine({ run }: RunFacts, paint: Paint): string {
  const state =
    run.state === "passed"
      ? paint(["bold", "green"], "passed")
      : run.state === "failed"
        ? paint(["bold", "red"], "failed")
        : paint("bold", run.state);
  const took = run.finishedAt === undefined ? "" : ` in ${duration(run.finishedAt - run.startedAt)}`;
  const commit = run.commit === undefined ? "" : ` at ${run.commit.slice(0, 10)}`;
  return `${plainText(run.project)} #${run.number} ${state}${took}${commit} on ${plainText(run.runtime.summary)}`;
}

function testLines(facts: RunFacts, paint: Paint): string[] {
  const { tests } = reportedTests(facts);
  const lines: string[] = [];
  if (tests.length > 0) {
    const counts = (["passed", "failed", "flaky", "skipped"] as const).map(
      (outcome) => [outcome, tests.filter((test) => test.outcome === outcome).length] as const,
    );
    const colours = { passed: "green", failed: "red", flaky: "yellow", skipped: "gray" } as const;
    const told = counts.filter(([, count]) => count > 0).map(([outcome, count]) => paint(colours[outcome], `${count} ${outcome}`));
    const requests = facts.transactions.length > 0 ? `; ${facts.transactions.length} requests recorded` : "";
    lines.push(`tests: ${told.join(", ")}${requests}`);
  }
  const patch = facts.patchCoverage;
  if (patch !== undefined && patch.executableLines > 0) {
    lines.push(
      `coverage of the change: ${Math.floor((patch.coveredLines / patch.executableLines) * 1000) / 10} % (${patch.coveredLines} of ${patch.executableLines} lines)`,
    );
  }
  for (const gate of facts.gates.filter((one) => !one.held)) {
    lines.push(
      paint(
        gate.onMiss === "fail" ? "red" : "yellow",
        `gate ${gate.gate} of ${gate.job}: expected ${plainText(gate.expected)}, saw ${plainText(gate.seen)}`,
      ),
    );
  }
  return [...lines, ...loadLines(facts, paint), ...mutationLines(facts, paint), ...outsideLines(facts, paint)];
}

/** Each profile in a line, and the likeliest reason for its latency. */
function loadLines({ load }: RunFacts, paint: Paint): string[] {
  return load.flatMap(({ profile, totals, highestRateHeld, verdict, hints, comparison }) => {
    const { percentiles } = totals;
    const rate = highestRateHeld === undefined ? `${totals.perSecond.toFixed(0)}/s` : `held ${Math.round(highestRateHeld.perSecond)}/s`;
    const latency =
      percentiles === undefined
        ? "no answers"
        : `p50 ${duration(percentiles.p50)}, p95 ${duration(percentiles.p95)}, p99 ${duration(percentiles.p99)}`;
    const errors = Object.values(totals.errors).reduce((sum, times) => sum + times, 0);
    const invalid = verdict.kind === "invalid" ? "; says nothing: the generator was the limit" : "";
    const [reason] = hints.filter((hint) => hint.kind !== "generator");
    return [
      `${profile}: ${rate}, ${latency}, ${errors} errors${invalid}`,
      ...(comparison === undefined ? [] : comparedWith(comparison).map((line) => paint("yellow", `  ${oneLine(line)}`))),
      ...(reason === undefined ? [] : [paint("yellow", `  ${oneLine(reason.text)}`)]),
    ];
  });
}

function comparedWith({ verdict, base, reasons, metrics }: NonNullable<LoadFacts["comparison"]>): string[] {
  const [worst] = metrics.filter((metric) => metric.verdict === "slower").toSorted((a, b) => b.ratio - a.ratio);
  return [
    verdict === "missing" ? "not compared with a base" : `${verdict} against ${base}`,
    ...reasons,
    ...(worst === undefined ? [] : [worst.words]),
  ];
}

/** How many mutants the tests killed, and the changes that no test notices, on their lines. */
function mutationLines({ mutations, jobs }: RunFacts, paint: Paint): string[] {
  return mutations.flatMap((facts) => {
    const survivors = mutantsWith(facts, "survived");
    const told = survivors.slice(0, mostSurvivors).flatMap(({ file, line, operator, before, after }) => {
      const indentation = Math.min(...[...before, ...after].map((text) => text.search(/\S|$/)));
      return [
        paint("yellow", `  ${plainText(file)}:${line} survived: ${plainText(operator)}`),
        ...before.map((text) => paint("red", `    - ${plainText(text.slice(indentation))}`)),
        ...after.map((text) => paint("green", `    + ${plainText(text.slice(indentation))}`)),
      ];
    });
    const rest = survivors.length - mostSurvivors;
    const detail = jobs.find((job) => job.id === facts.job)?.detail ?? "";
    return [
      `${facts.job}: ${plainText(detail)}; ${plainText(facts.version)}, ${duration(facts.durationMs)}`,
      ...told,
      ...(rest > 0 ? [`  and ${rest} more survivors in the report`] : []),
    ];
  });
}

/** What only warns, for what fails is looked at first. */
function outsideLines({ mocks, outsideCalls, outsideFindings }: RunFacts, paint: Paint): string[] {
  const asked = mocks.reduce((sum, mock) => sum + mock.calls, 0);
  const warnings = outsideFindings.filter(({ level }) => level === "warn");
  const unclaimed = outsideCalls.filter(({ transaction }) => transaction === undefined).length;
  const rest = warnings.length - mostWarnings;
  return [
    ...(mocks.length === 0
      ? []
      : [
          `outside calls: ${asked} to ${mocks.map(({ mock }) => mock).join(", ")}${unclaimed > 0 ? `; ${unclaimed} of no recorded request` : ""}`,
        ]),
    ...warnings.slice(0, mostWarnings).map(({ kind, message }) => paint("yellow", `${kind}: ${oneLine(message)}`)),
    ...(rest > 0 ? [`and ${rest} more warnings about outside calls in the report`] : []),
  ];
}

function leftOutLines({ run }: RunFacts): string[] {
  return [
    ...run.runtime.notPromised.map((what) => `not promised: ${plainText(what)}`),
    ...run.leftOut.map(({ what, reason }) => `left out: ${plainText(what)}: ${plainText(reason)}`),
  ];
}

function lookLines(look: FirstLook, label: string, paint: Paint): string[] {
  const head = (text: string): string => `${paint("bold", `${label}:`)} ${oneLine(text)}`;
  switch (look.kind) {
    case "problem": {
      // What follows the first line is quoted: the last words of a service or a build.
      const [message = "", ...quoted] = plainText(look.problem.message).split("\n");
      return [
        head(message),
        ...quoted.filter((line) => line.trim() !== "").slice(-mostQuotedLines),
        `  ${look.problem.code}${look.problem.job === undefined ? "" : ` in ${look.problem.job}`}`,
        `  fix: ${oneLine(look.problem.fix)}`,
      ];
    }
    case "step":
      return [
        head(
          `${look.job}: \`${look.failure.command}\` ${look.failure.timedOut ? "ran into its timeout" : `ended with ${look.failure.exitCode ?? "no exit code"}`}`,
        ),
        ...look.failure.lastLines.slice(-6).map((line) => `  | ${line}`),
      ];
    case "check":
      return [
        head(`linked check ${look.check.name} of ${look.check.job}`),
        `  ${oneLine(look.check.check)}`,
        `  expected ${oneLine(look.check.expected)}, saw ${oneLine(look.check.seen)}`,
      ];
    case "load": {
      const { job, profile, gates, hints } = look.load;
      return [
        head(`load of ${job}: ${profile}`),
        ...gates.flatMap((gate) => [
          `  ${oneLine(gate.gate.replace(`${profile}: `, ""))}: ${oneLine(gate.seen)}`,
          `    expected ${oneLine(gate.expected)}`,
        ]),
        ...hints.slice(0, 3).map((hint) => paint("yellow", `  ${oneLine(hint)}`)),
      ];
    }
    case "gate":
      return [
        head(`gate ${look.gate.gate} of ${look.gate.job}`),
        `  expected ${oneLine(look.gate.expected)}, saw ${oneLine(look.gate.seen)}`,
      ];
    case "outside":
      return outsideLookLines(look, head, paint);
    case "tests":
      return testLookLines(look.group, head, paint);
  }
}

function outsideLookLines(
  { finding, tests, log }: Extract<FirstLook, { kind: "outside" }>,
  head: (text: string) => string,
  paint: Paint,
): string[] {
  const { kind, job, test, message, details, fix, requestId } = finding;
  const others = tests.length > 1 ? `, and ${tests.length - 1} more tests` : "";
  return [
    head(message),
    `  ${kind} outside call of ${test === undefined ? "no known test" : `${oneLine(test.title)}, ${test.file}`} (${job})${others}`,
    ...details.slice(0, mostQuotedLines).map((line) => `  ${paint("red", oneLine(line))}`),
    ...(log === undefined ? [] : logLines(log, paint)),
    `  fix: ${oneLine(fix)}`,
    ...(requestId === undefined ? [] : [`  ${paint("cyan", `dojang logs --request-id ${requestId}`)}`]),
  ];
}

function testLookLines(group: Extract<FirstLook, { kind: "tests" }>["group"], head: (text: string) => string, paint: Paint): string[] {
  const [first] = group.tests;
  const others = group.tests.length - 1;
  const lines = [
    head(first?.title ?? ""),
    `  ${first?.file ?? ""} (${first?.job ?? ""})${others > 0 ? `, and ${others} more that failed alike` : ""}`,
    `  ${paint("red", oneLine(group.error))}`,
  ];
  const { transaction, log } = first ?? {};
  if (transaction !== undefined)
    lines.push(`  ${transaction.method} ${oneLine(transaction.url)} -> ${transaction.status ?? oneLine(transaction.error ?? "no answer")}`);
  if (log !== undefined) lines.push(...logLines(log, paint));
  const requestId = log?.requestId ?? transaction?.requestId;
  if (requestId !== undefined) lines.push(`  ${paint("cyan", `dojang logs --request-id ${requestId}`)}`);
  return lines;
}

/** The record's first line, and the first frame of its own code, which tells the place; the rest is in the report. */
function logLines({ service, text }: LogRecord, paint: Paint): string[] {
  const [line = "", ...more] = plainText(readableRecord(text)).split("\n");
  const frames = more.filter((each) => /^\s+at |^\s+File "/.test(each));
  const frame = frames.find((each) => !/node_modules|node:|site-packages/.test(each)) ?? frames[0];
  return [`  ${paint("yellow", service)} | ${line}`, ...(frame === undefined ? [] : [`  ${" ".repeat(service.length)} | ${frame}`])];
}

function oneLine(text: string): string {
  const lines = plainText(text)
    .split("\n")
    .map((line) => line.trim());
  return lines.filter((line) => line !== "").join(" ");
}

/** Commands and paths are never cut: a reader copies them. */
function fit(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  if (plain.length <= columns || /dojang logs|^Report:|^\s+fix:/.test(plain)) return line;
  if (plain === line) return `${line.slice(0, Math.max(columns - 1, 20))}…`;
  const cut = plain.length - Math.max(columns - 1, 20);
  // Colours wrap whole words or the whole line: the text before the last sequence is what can be shortened.
  const end = line.lastIndexOf("\u001b[");
  const tailless = end > 0 && stripVTControlCharacters(line.slice(end)) === "" ? end : line.length;
  return `${line.slice(0, tailless - cut)}…${line.slice(tailless)}`;
}

function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
