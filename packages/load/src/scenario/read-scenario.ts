import { readFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, resolve } from "node:path";
import { type Finding, nameAdvice, Problem } from "@dojang/model";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { parseCsv } from "./csv.ts";
import type { DataSet, Scenario } from "./scenario.ts";
import { type ScenarioFile, scenarioSchema } from "./scenario-schema.ts";
import { compileTemplate } from "./template.ts";

export interface ReadOptions {
  /** Where `env` finds its values. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads a YAML (or JSON) scenario with its data files; a script is one by itself. Throws one Problem with every finding: file, line, path, value, fix. */
export async function readScenario(file: string, { environment }: ReadOptions): Promise<Scenario> {
  if (/\.[cm]?[jt]s$/.test(file)) return scenarioOfScript(file);
  const { written, place } = parseFile(file, await readText(file, { what: "scenario", path: "" }));
  const findings: Finding[] = [];
  const report = (path: readonly PropertyKey[], message: string, fix: string) =>
    findings.push({ severity: "error", code: "scenario-invalid", place: place(path), message, fix });

  const variables: Record<string, string> = { ...written.variables };
  for (const [index, name] of (written.env ?? []).entries()) {
    const value = environment[name];
    if (value === undefined) report(["env", index], `the variable ${name} is not set`, `export ${name}=... before the run`);
    else variables[`env.${name}`] = value;
  }
  const data: DataSet[] = [];
  for (const [name, { file: dataFile, order }] of Object.entries(written.data ?? {})) {
    try {
      data.push(await readDataSet(resolve(dirname(file), dataFile), { name, order }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      report(["data", name], error.message, error.fix);
    }
  }
  checkNames(written, { known: [...Object.keys(variables), ...data.flatMap((set) => set.columns)], report });
  if (findings.length > 0) throw invalid(file, findings);
  const module =
    written.module === undefined ? undefined : isAbsolute(written.module) ? written.module : resolve(dirname(file), written.module);
  return {
    name: written.name ?? basename(file, extname(file)),
    ...(written.target === undefined ? {} : { target: written.target }),
    flows: written.flows.map((flow) => ({ ...flow, requests: flow.requests.flat() })),
    headers: written.headers ?? [],
    variables,
    data,
    ...(module === undefined ? {} : { module }),
  };
}

/** Only whether it is there: the code of a project runs in the threads of the traffic and nowhere else. */
async function scenarioOfScript(file: string): Promise<Scenario> {
  await readText(file, { what: "scenario", path: "" });
  return { name: basename(file, extname(file)), flows: [], headers: [], variables: {}, data: [], module: resolve(file) };
}

/** The scenario of a plain URL on the command line. */
export function scenarioOfUrl(
  url: URL,
  { method = "GET", headers = [], body }: { method?: string; headers?: Scenario["headers"]; body?: string } = {},
): Scenario {
  const path = `${url.pathname}${url.search}`;
  const request = {
    name: `${method} ${url.pathname}`,
    method,
    url: path.replaceAll("${", () => "$${"),
    headers: [],
    captures: [],
    checks: [],
    ...(body === undefined ? {} : { body }),
  };
  return { name: url.href, flows: [{ name: "url", weight: 1, requests: [request] }], headers, variables: {}, data: [] };
}

function parseFile(file: string, text: string): { written: ScenarioFile; place: (path: readonly PropertyKey[]) => Finding["place"] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const place = (path: readonly PropertyKey[]): Finding["place"] => {
    for (let length = path.length; length >= 0; length--) {
      const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range))
        return { file, ...at(Number(node.range[0])), path: formatPath(path) };
    }
    return { file, path: formatPath(path) };
  };
  if (document.errors.length > 0) {
    // What follows where it gave up is none of the file's mistakes.
    const tooDeep = document.errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
    throw invalid(
      file,
      (tooDeep === undefined ? document.errors.slice(0, 20) : [tooDeep]).map((error) => ({
        severity: "error",
        code: "yaml-syntax",
        place: { file, ...at(error.pos[0]) },
        ...(error === tooDeep
          ? { message: "it nests too deep", fix: "nest less" }
          : { message: error.message, fix: "correct the YAML here" }),
      })),
    );
  }
  const parsed = scenarioSchema.safeParse(withinLimits(file, () => document.toJS({ maxAliasCount: mostAliases })));
  if (parsed.success) return { written: parsed.data, place };
  throw invalid(
    file,
    parsed.error.issues.flatMap((issue) =>
      describe(issue, []).map(({ path, message, fix }) => ({
        severity: "error" as const,
        code: "scenario-invalid",
        place: place(path),
        message,
        fix,
      })),
    ),
  );
}

const mostAliases = 1000;

/** The YAML library ends anchors that multiply by a ReferenceError. */
function withinLimits<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const message = `its anchors stand for more than ${mostAliases} copies`;
    throw invalid(file, [{ severity: "error", code: "yaml-aliases", place: { file }, message, fix: "repeat less through aliases" }]);
  }
}

interface Said {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly fix: string;
}

function describe(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): Said[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"`,
      fix: nameAdvice(key, knownKeys(path), "keys"),
    }));
  }
  if (issue.code === "invalid_union") {
    // The longer form is the one that says something: an object was written where a line or an object may stand. Of two, the nearer.
    const deepest = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    return deepest.length === 0
      ? [{ path, message: "is none of the forms that are allowed here", fix: "see the scenario reference" }]
      : deepest.flatMap((inner) => describe(inner, path));
  }
  const fix = issue.code === "custom" && typeof issue.params?.fix === "string" ? issue.params.fix : "write a value that is allowed here";
  return [{ path, message: issue.message, fix }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === "unrecognized_keys" || issue.code === "custom" ? 1 : 0)));
}

const keysByParent: Readonly<Record<string, readonly string[]>> = {
  "": ["name", "target", "headers", "variables", "env", "data", "flows", "requests", "module"],
  flows: ["name", "weight", "requests"],
  requests: ["request", "websocket", "name", "headers", "body", "json", "form", "think", "capture", "expect", "protocols", "messages"],
  messages: ["send", "json", "close", "name", "think", "capture", "expect"],
  expect: ["status", "contains", "json", "headers", "within"],
  capture: ["json", "header", "cookie", "regex", "status"],
  data: ["file", "order"],
};

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  const parent = path.findLast((part) => typeof part === "string" && part in keysByParent);
  return keysByParent[String(parent ?? "")] ?? [];
}

/** Names that nothing gives a value: variables, columns, and captures of the requests before. */
function checkNames(
  { flows, headers = [] }: ScenarioFile,
  { known, report }: { known: readonly string[]; report: (path: readonly PropertyKey[], message: string, fix: string) => void },
): void {
  const single = flows.length === 1;
  for (const [flowIndex, flow] of flows.entries()) {
    const names = new Set(known);
    for (const [index, request] of flow.requests.flatMap((step, place) => step.map((each) => [place, each] as const))) {
      const asked = [request.url, request.body ?? "", ...[...headers, ...request.headers].map((header) => header.value)].flatMap(
        (text) => compileTemplate(text).names,
      );
      for (const name of new Set(asked)) {
        if (names.has(name)) continue;
        const path = single ? ["requests", index] : ["flows", flowIndex, "requests", index];
        report(
          path,
          `\${${name}} has no value: no variable, column or earlier capture of that name`,
          nameAdvice(name, [...names], "names"),
        );
        names.add(name);
      }
      for (const capture of request.captures) names.add(capture.as);
    }
  }
}

const largestDataBytes = 64 * 1024 * 1024;

async function readDataSet(file: string, { name, order }: { name: string; order: DataSet["order"] }): Promise<DataSet> {
  const text = await readText(file, { what: "data file", path: `data.${name}` });
  if (text.length > largestDataBytes)
    throw unreadable(file, { message: `the data file ${file} is larger than 64 MiB`, fix: "use a smaller sample" });
  const [columns = [], ...rows] = file.endsWith(".json") ? jsonTable(file, text) : parseCsv(text);
  if (rows.length === 0)
    throw unreadable(file, {
      message: `the data file ${file} has no rows`,
      fix: "its first line names the columns, each further line is a row",
    });
  return { name, columns, rows, order };
}

function jsonTable(file: string, text: string): readonly (readonly string[])[] {
  const fail = () => unreadable(file, { message: `the data file ${file} is no JSON list of objects`, fix: 'write [{"user": "ann"}, ...]' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail();
  }
  if (!Array.isArray(value) || !value.every((row) => typeof row === "object" && row !== null)) throw fail();
  const columns = [...new Set(value.flatMap((row: object) => Object.keys(row)))];
  return [columns, ...value.map((row: Record<string, unknown>) => columns.map((column) => String(row[column] ?? "")))];
}

async function readText(file: string, { what }: { what: string; path: string }): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw unreadable(file, {
      message: `the ${what} ${file} cannot be read (${code})`,
      fix: code === "ENOENT" ? "check the path; it is relative to the file that names it" : "make it readable",
      cause,
    });
  }
}

function unreadable(file: string, { message, fix, cause }: { message: string; fix: string; cause?: unknown }): Problem {
  return new Problem({ code: "scenario-unreadable", message, fix, exit: "configuration", place: { file }, cause });
}

function invalid(file: string, findings: readonly Finding[]): Problem {
  const count = findings.length === 1 ? "1 thing" : `${findings.length} things`;
  return new Problem({
    code: "scenario-invalid",
    message: `${count} in the scenario ${file} cannot be used`,
    fix: "correct what is listed",
    exit: "configuration",
    place: { file },
    findings,
  });
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
}
