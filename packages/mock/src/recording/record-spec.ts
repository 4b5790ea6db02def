import { Problem } from "@dojang/model";
import { dottedPath } from "../mapping/mapping-finding.ts";
import { type At, adviceFor, below, isAbsent, MappingReader, shown } from "../mapping/mapping-reader.ts";
import { readRequestPattern } from "../mapping/parse-request-pattern.ts";
import type { Json, RequestPattern } from "../mapping/stub-mapping.ts";

/** What shall be recorded, and how stubs are made of it: the body of `/__admin/recordings/start` and `/snapshot`. */
export interface RecordSpec {
  readonly targetBaseUrl: string | undefined;
  readonly filters: RecordFilters;
  /** Request headers that become part of a stub's pattern. */
  readonly captureHeaders: readonly { readonly name: string; readonly caseInsensitive: boolean | undefined }[];
  readonly bodyPattern: RecordedBodyPattern;
  /** Bodies of answers that are larger go to files; undefined keeps all of them in the stub. */
  readonly extractBodies: { readonly textThreshold: number; readonly binaryThreshold: number } | undefined;
  readonly outputFormat: "full" | "ids";
  readonly persist: boolean;
  readonly repeatsAsScenarios: boolean;
}

export interface RecordFilters {
  readonly ids: readonly string[] | undefined;
  /** Also what the mock answered itself. */
  readonly allowNonProxied: boolean;
  readonly pattern: RequestPattern | undefined;
}

export interface RecordedBodyPattern {
  readonly matcher: "auto" | "equalTo" | "equalToJson" | "equalToXml";
  readonly ignoreArrayOrder: boolean | undefined;
  readonly ignoreExtraElements: boolean | undefined;
  readonly caseInsensitive: boolean | undefined;
}

/** Everything wrong with a spec is one Problem `recording-spec`. What WireMock reads and ignores is refused, with what to do. */
export function parseRecordSpec(json: Json | undefined): RecordSpec {
  const reader = new MappingReader();
  const parsed = reader.result(readSpec(json ?? {}, reader));
  if (parsed.ok) return parsed.value;
  const findings = parsed.findings.filter(({ severity }) => severity === "error");
  const [first] = findings;
  throw new Problem({
    code: "recording-spec",
    message: `The recording cannot be made as asked: ${first?.message ?? "the spec is no object"}`,
    fix: first?.fix ?? "Send an object.",
    exit: "configuration",
    findings: findings.map(({ severity, code, path, message, fix }) => ({
      severity,
      code,
      place: { file: "the request's body", path: dottedPath(path) },
      message,
      fix,
    })),
  });
}

function readSpec(json: Json, reader: MappingReader): RecordSpec | undefined {
  const fields = reader.object(json ?? "null", undefined, "a recording's spec");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, undefined, knownFields, "a recording's spec");
  const at = (name: string): At => below(undefined, name);
  const transformers = reader.texts(fields.transformers, at("transformers")) ?? [];
  if (transformers.length > 0) {
    reader.error(
      at("transformers"),
      "bad-value",
      `there is no stub transformer named "${transformers[0]}": they are Java extensions, which this server does not load`,
      "leave `transformers` out",
    );
  }
  return {
    targetBaseUrl: readTarget(fields.targetBaseUrl, at("targetBaseUrl"), reader),
    filters: readFilters(fields.filters, at("filters"), reader),
    captureHeaders: readCaptureHeaders(fields.captureHeaders, at("captureHeaders"), reader),
    bodyPattern: readBodyPattern(fields, reader),
    extractBodies: readExtraction(fields.extractBodyCriteria, at("extractBodyCriteria"), reader),
    outputFormat: readOutputFormat(fields.outputFormat, at("outputFormat"), reader),
    persist: reader.flag(fields.persist, at("persist")) ?? true,
    repeatsAsScenarios: reader.flag(fields.repeatsAsScenarios, at("repeatsAsScenarios")) ?? true,
  };
}

function readTarget(value: unknown, at: At, reader: MappingReader): string | undefined {
  const url = reader.text(value, at);
  if (url === undefined || url === "") return undefined;
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) return url;
  return reader.error(at, "bad-value", `\`targetBaseUrl\` must be an http or https URL, got ${shown(url)}`, "write http://host:port");
}

/** The fields of a request pattern, and two more. */
function readFilters(value: unknown, at: At, reader: MappingReader): RecordFilters {
  const fields = reader.object(value, at, "`filters`") ?? {};
  const { ids, allowNonProxied, ...pattern } = fields;
  return {
    ids: reader.texts(ids, below(at, "ids"))?.map((id) => id.toLowerCase()),
    allowNonProxied: reader.flag(allowNonProxied, below(at, "allowNonProxied")) ?? false,
    pattern: Object.keys(pattern).length === 0 ? undefined : readRequestPattern(pattern, at, reader),
  };
}

function readCaptureHeaders(value: unknown, at: At, reader: MappingReader): RecordSpec["captureHeaders"] {
  return Object.entries(reader.object(value, at, "`captureHeaders`") ?? {}).map(([name, given]) => {
    const here = below(at, name);
    const spec = reader.object(given, here, "a captured header") ?? {};
    reader.onlyKnown(spec, here, new Set(["caseInsensitive"]), "a captured header");
    return { name, caseInsensitive: reader.flag(spec.caseInsensitive, below(here, "caseInsensitive")) };
  });
}

/** By the name of WireMock's documentation, or by the one its Java client sends. */
function readBodyPattern(spec: Readonly<Record<string, unknown>>, reader: MappingReader): RecordedBodyPattern {
  const name = isAbsent(spec.requestBodyPattern) ? "requestBodyPatternFactory" : "requestBodyPattern";
  const at = below(undefined, name);
  const fields = reader.object(spec[name], at, `\`${name}\``) ?? {};
  reader.onlyKnown(fields, at, new Set(["matcher", "ignoreArrayOrder", "ignoreExtraElements", "caseInsensitive"]), `\`${name}\``);
  const flag = (name: string): boolean | undefined => reader.flag(fields[name], below(at, name));
  return {
    matcher: reader.oneOf(fields.matcher, below(at, "matcher"), ["auto", "equalTo", "equalToJson", "equalToXml"]) ?? "auto",
    ignoreArrayOrder: flag("ignoreArrayOrder"),
    ignoreExtraElements: flag("ignoreExtraElements"),
    caseInsensitive: flag("caseInsensitive"),
  };
}

function readExtraction(value: unknown, at: At, reader: MappingReader): RecordSpec["extractBodies"] {
  const fields = reader.object(value, at, "`extractBodyCriteria`");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, new Set(["textSizeThreshold", "binarySizeThreshold"]), "`extractBodyCriteria`");
  return {
    textThreshold: readSize(fields.textSizeThreshold, below(at, "textSizeThreshold"), reader),
    binaryThreshold: readSize(fields.binarySizeThreshold, below(at, "binarySizeThreshold"), reader),
  };
}

/** Bytes, or `10 kb`, `1,5 MB`, `2G`. Without one nothing is large enough. */
function readSize(value: unknown, at: At, reader: MappingReader): number {
  if (isAbsent(value)) return Number.POSITIVE_INFINITY;
  const [, amount, unit = ""] = /^([\d.]+)\s*([A-Za-z])?b?$/i.exec(reader.text(value, at)?.trim().replaceAll(",", ".") ?? "") ?? [];
  const scale = unit.toLowerCase() === "b" ? 1 : scales[unit.toLowerCase()];
  if (amount !== undefined && scale !== undefined && !Number.isNaN(Number(amount))) return Math.round(Number(amount) * scale);
  reader.error(at, "bad-value", `\`${at.key}\` must be a size, got ${shown(value)}`, 'write bytes, or a size such as "10 kb"');
  return 0;
}

const scales: Readonly<Record<string, number | undefined>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function readOutputFormat(value: unknown, at: At, reader: MappingReader): "full" | "ids" {
  const text = reader.text(value, at)?.toLowerCase();
  if (text === undefined || text === "full" || text === "ids") return text ?? "full";
  reader.error(at, "bad-value", `\`outputFormat\` must be one of FULL, IDS, got ${shown(value)}`, adviceFor(text, ["full", "ids"]));
  return "full";
}

const knownFields: ReadonlySet<string> = new Set([
  "targetBaseUrl",
  "filters",
  "captureHeaders",
  "requestBodyPattern",
  "requestBodyPatternFactory",
  "extractBodyCriteria",
  "outputFormat",
  "persist",
  "repeatsAsScenarios",
  "transformers",
  // Read, so that a spec written for WireMock is not refused for it; without transformers it has no meaning there either.
  "transformerParameters",
]);
