import type { CodeFinding } from "@dojang/model";
import { z } from "zod";
import { capText } from "./captured-text.ts";
import { parseJson } from "./json-document.ts";
import { type PathRoots, repositoryPath } from "./source-path.ts";

const level = z.enum(["error", "warning", "note", "none"]);
const message = z.object({
  text: z.string().optional(),
  markdown: z.string().optional(),
  id: z.string().optional(),
  arguments: z.array(z.string()).optional(),
});
const rule = z.object({
  id: z.string(),
  defaultConfiguration: z.object({ level: level.optional() }).optional(),
  shortDescription: message.optional(),
  messageStrings: z.record(z.string(), message).optional(),
});

const result = z.object({
  ruleId: z.string().optional(),
  ruleIndex: z.number().int().optional(),
  kind: z.string().optional(),
  level: level.optional(),
  message,
  suppressions: z.array(z.unknown()).optional(),
  locations: z
    .array(
      z.object({
        physicalLocation: z
          .object({
            artifactLocation: z.object({ uri: z.string().optional(), uriBaseId: z.string().optional() }).optional(),
            region: z.object({ startLine: z.number().optional(), startColumn: z.number().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});

const schema = z.object({
  runs: z.array(
    z.object({
      tool: z.object({ driver: z.object({ name: z.string(), rules: z.array(rule).default([]) }) }),
      results: z.array(result).nullish(),
      originalUriBaseIds: z.record(z.string(), z.object({ uri: z.string().optional() })).optional(),
    }),
  ),
});

type Run = z.output<typeof schema>["runs"][number];

/** SARIF 2.1.0 (OASIS). Suppressed results and those of a kind other than `fail` are left out (sections 3.27.9, 3.27.23). */
export function readSarif(content: Uint8Array, roots: PathRoots): CodeFinding[] {
  return parseJson(content, schema).runs.flatMap((run) =>
    (run.results ?? [])
      .filter((one) => (one.kind ?? "fail") === "fail" && (one.suppressions ?? []).length === 0)
      .map((one) => toFinding(one, run, roots)),
  );
}

function toFinding(one: z.output<typeof result>, run: Run, roots: PathRoots): CodeFinding {
  const { name, rules } = run.tool.driver;
  const known = one.ruleIndex === undefined ? rules.find(({ id }) => id === one.ruleId) : rules[one.ruleIndex];
  const place = one.locations[0]?.physicalLocation;
  const base = place?.artifactLocation?.uriBaseId;
  const source = base === undefined ? undefined : run.originalUriBaseIds?.[base]?.uri;
  const uri = place?.artifactLocation?.uri;
  return {
    tool: name,
    rule: one.ruleId ?? known?.id,
    level: one.level ?? known?.defaultConfiguration?.level ?? "warning",
    message: capText(messageText(one.message, known)),
    file: uri === undefined ? undefined : repositoryPath(decodeUri(uri), roots, source === undefined ? [] : [source]),
    line: place?.region?.startLine,
    column: place?.region?.startColumn,
  };
}

function messageText(own: z.output<typeof message>, known: z.output<typeof rule> | undefined): string {
  const text =
    own.text ??
    (own.id === undefined ? undefined : known?.messageStrings?.[own.id]?.text) ??
    own.markdown ??
    known?.shortDescription?.text ??
    "";
  return text.replace(/\{(\d+)\}/g, (whole, index) => own.arguments?.[Number(index)] ?? whole);
}

function decodeUri(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
