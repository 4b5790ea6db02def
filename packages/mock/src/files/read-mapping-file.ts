import { type Finding, nearestName } from "@dojang/model";
import { parseDocument } from "yaml";
import { parseJson } from "../json/parse-json.ts";
import { type MappingFinding, toFileFindings } from "../mapping/mapping-finding.ts";
import { isRecord, shown } from "../mapping/mapping-reader.ts";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { createPositionFinder, findSyntaxError, type Position, positionAt } from "./find-position.ts";

export type MappingFormat = "json" | "yaml";

/** What one file holds. Stubs that are right are there even beside those that are not. */
export interface MappingFileContent {
  readonly stubs: readonly { readonly stub: StubMapping; readonly path: readonly (string | number)[] }[];
  /** Whether it is a list, `{"mappings": []}`: such a file is read and never written. */
  readonly multi: boolean;
  readonly findings: readonly Finding[];
}

/** `json` or `yaml` by the name of a file; undefined for a file that holds no stubs. */
export function formatOf(name: string): MappingFormat | undefined {
  if (name.endsWith(".json")) return "json";
  return /\.ya?ml$/.test(name) ? "yaml" : undefined;
}

export interface MappingFileText {
  /** How findings name it. */
  readonly file: string;
  readonly text: string;
  readonly format: MappingFormat;
  /** The id of the stub at this place of a file, where it states none. */
  readonly idFor: (index: number) => string;
}

export function readMappingFile({ file, text: given, format, idFor }: MappingFileText): MappingFileContent {
  const text = given.charCodeAt(0) === byteOrderMark ? given.slice(1) : given;
  const read = format === "json" ? readJson(text) : readYaml(text);
  if (!read.ok) {
    const finding: Finding = {
      severity: "error",
      code: "mapping-syntax",
      place: { file, ...read.position },
      message: `not ${format === "json" ? "JSON" : "YAML"}: ${read.message}`,
      fix: read.fix,
    };
    return { stubs: [], multi: false, findings: [finding] };
  }
  const parsed = parseRoot(read.value, idFor);
  const findings = parsed.findings.length === 0 ? [] : toFileFindings(parsed.findings, file, createPositionFinder(text));
  return { stubs: parsed.stubs, multi: parsed.multi, findings };
}

type Read = { readonly ok: true; readonly value: unknown } | Failure;

interface Failure {
  readonly ok: false;
  readonly message: string;
  readonly position: Position | undefined;
  readonly fix: string;
}

function readJson(text: string): Read {
  const read = parseJson(text);
  if (read.ok) return read;
  const position = read.offset === undefined ? findSyntaxError(text) : positionAt(text, read.offset);
  return { ok: false, message: read.message, position, fix: "correct the JSON there" };
}

function readYaml(text: string): Read {
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const fix = error.code === "MULTIPLE_DOCS" ? "put the stubs of one file below `mappings:` as a list" : "correct the YAML there";
    return { ok: false, message: error.message.split("\n")[0] ?? error.code, position: findSyntaxError(text), fix };
  }
  try {
    return { ok: true, value: document.toJS({ maxAliasCount }) };
  } catch (error) {
    // Aliases that refer to nothing, or that unfold to far more than they are.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message, position: undefined, fix: "write the values out instead of using aliases" };
  }
}

interface ParsedRoot {
  readonly stubs: MappingFileContent["stubs"];
  readonly multi: boolean;
  readonly findings: readonly MappingFinding[];
}

function parseRoot(root: unknown, idFor: (index: number) => string): ParsedRoot {
  if (!isRecord(root)) return wrongRoot(root);
  if (root.mappings === undefined || root.mappings === null) return parseSingle(root, idFor);
  if (!Array.isArray(root.mappings)) {
    const message = `\`mappings\` must be a list of stubs, got ${shown(root.mappings)}`;
    return failed(["mappings"], "wrong-type", message, "put the stubs in square brackets");
  }
  const stubs: MappingFileContent["stubs"][number][] = [];
  const findings: MappingFinding[] = strangeKeys(root);
  for (const [index, each] of root.mappings.entries()) {
    const path = ["mappings", index];
    const parsed = parseStubMapping(each, { newId: () => idFor(index) });
    findings.push(...parsed.findings.map((finding) => ({ ...finding, path: [...path, ...finding.path] })));
    if (parsed.ok) stubs.push({ stub: parsed.value, path });
  }
  return { stubs, multi: true, findings: findings.slice(0, maxFindings) };
}

function parseSingle(root: Readonly<Record<string, unknown>>, idFor: (index: number) => string): ParsedRoot {
  const misspelt = Object.keys(root).find(
    (key) => key !== "mappings" && Array.isArray(root[key]) && nearestName(key, ["mappings"]) !== undefined,
  );
  if (misspelt !== undefined && root.request === undefined) {
    return failed([misspelt], "unknown-field", `unknown field \`${misspelt}\``, "did you mean `mappings`?");
  }
  const parsed = parseStubMapping(root, { newId: () => idFor(0) });
  return { stubs: parsed.ok ? [{ stub: parsed.value, path: [] }] : [], multi: false, findings: parsed.findings };
}

/** Beside `mappings` WireMock writes and reads `meta`, and editors want `$schema`. */
function strangeKeys(root: Readonly<Record<string, unknown>>): MappingFinding[] {
  return Object.keys(root)
    .filter((key) => !["mappings", "meta", "$schema", "importOptions"].includes(key))
    .map((key) => ({
      severity: "warning",
      code: "ignored-field",
      path: [key],
      pointer: `/${key}`,
      message: `\`${key}\` beside \`mappings\` is ignored`,
      fix: "move it into the stub it belongs to, or leave it out",
    }));
}

function wrongRoot(root: unknown): ParsedRoot {
  if (Array.isArray(root)) return failed([], "wrong-type", "a list of stubs needs a name", 'write {"mappings": [...]} around the list');
  if (root === null || root === undefined) return failed([], "wrong-type", "the file is empty", "write a stub, or remove the file");
  return failed([], "wrong-type", `a stub must be an object, got ${shown(root)}`, 'write {"request": {...}, "response": {...}}');
}

function failed(path: readonly (string | number)[], code: string, message: string, fix: string): ParsedRoot {
  const finding: MappingFinding = { severity: "error", code, path, pointer: `/${path.join("/")}`, message, fix };
  return { stubs: [], multi: false, findings: [finding] };
}

const byteOrderMark = 0xfeff;
const maxAliasCount = 1000;
const maxFindings = 200;
