import { dojangFile } from "@dojang/model";
import { z } from "zod";

/** The JSON Schema (draft 2020-12) that editors use for dojang.yml: the file as written, not as read. */
export function dojangFileJsonSchema(): object {
  const schema = jsonSchema("ref");
  dropKinds(schema);
  return {
    ...schema,
    title: "dojang.yml",
  };
}

/** The part of JSON Schema that the reference reads. */
interface Node {
  type?: string | string[];
  kind?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  prefixItems?: Node[];
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
}

function jsonSchema(reused: "inline" | "ref"): Node {
  // `z.toJSONSchema` types its result by the whole standard; the reference reads only what Node names.
  return z.toJSONSchema(dojangFile, { io: "input", reused }) as Node;
}

/** `kind` names a quantity in the reference; validators in strict mode refuse keywords they do not know. */
function dropKinds(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if ("kind" in node && typeof node.kind === "string") Reflect.deleteProperty(node, "kind");
  for (const inner of Object.values(node)) dropKinds(inner);
}

/** docs/reference/dojang-yml.md: every key, its type, its default and its meaning. */
export function dojangFileReference(): string {
  const root = jsonSchema("inline");
  const { jobs, ...top } = root.properties ?? {};
  const kinds = (valueOfRecord(jobs).oneOf ?? []).toSorted(
    (a, b) => Object.keys(a.properties ?? {}).length - Object.keys(b.properties ?? {}).length,
  );
  const common = Object.keys(kinds[0]?.properties ?? {}).filter(
    (key) => key !== "kind" && kinds.every((kind) => kind.properties?.[key] !== undefined),
  );
  const first = kinds[0]?.properties ?? {};
  const shared: Node = { properties: Object.fromEntries(common.map((key) => [key, first[key] ?? {}])) };
  return [
    "# dojang.yml",
    "",
    "Generated from the schema by `npm run generate`. Read as YAML 1.2; unknown keys are refused with the nearest known one.",
    "An editor that knows JSON Schema checks the file while you write, when it is given [dojang.schema.json](dojang.schema.json).",
    "",
    "Durations are written `200ms`, `30s`, `5m`, `1h30m`; sizes `512m`, `2g` (powers of 1024); percentages `80%`; rates `200/s`, `90/m`.",
    "",
    "## The file",
    "",
    ...table({
      properties: { ...top, jobs: { description: jobs?.description ?? "", kind: "name -> job" } },
      required: root.required ?? [],
    }),
    "",
    "## Every job",
    "",
    "Keys that jobs of all kinds have, beside `kind`.",
    "",
    ...table(shared),
    ...kinds.toSorted((a, b) => order(a) - order(b)).flatMap((kind) => jobSection(kind, common)),
    "",
  ].join("\n");
}

const kindOrder = ["steps", "config", "linked", "image", "integration", "performance", "drill", "mutation", "deploy"];

function order(kind: Node): number {
  return kindOrder.indexOf(String(kind.properties?.kind?.const));
}

function jobSection(kind: Node, common: readonly string[]): string[] {
  const own = Object.entries(kind.properties ?? {}).filter(
    ([key]) => key !== "kind" && (!common.includes(key) || (kind.required ?? []).includes(key)),
  );
  const name = String(kind.properties?.kind?.const);
  return [
    "",
    `## Jobs of kind \`${name}\``,
    "",
    kind.properties?.kind?.description ?? "",
    "",
    ...table({ properties: Object.fromEntries(own), required: kind.required ?? [] }),
  ];
}

function table(node: Node): string[] {
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...rows(node, "")];
}

function rows({ properties = {}, required = [] }: Node, prefix: string): string[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const path = `${prefix}${key}`;
    const fallback =
      node.default === undefined ? (required.includes(key) ? "required" : "") : `\`${JSON.stringify(node.default).replaceAll('"', "")}\``;
    const row = `| \`${path}\` | ${cell(typeOf(node))} | ${cell(fallback)} | ${cell(node.description ?? "")} |`;
    return [row, ...nested(node, path)];
  });
}

/** The keys inside a mapping, a list of mappings, or a mapping of mappings. */
function nested(node: Node, path: string): string[] {
  const inside = (inner: Node | undefined, ending: string): string[] => {
    if (inner === undefined) return [];
    const members = [inner, ...(inner.anyOf ?? []), ...(inner.oneOf ?? [])].filter(({ properties }) => properties !== undefined);
    // Members of a union share keys; each key is explained once.
    const seen = new Set<string>();
    return members.flatMap((member) => {
      const own = Object.entries(member.properties ?? {}).filter(([key]) => !seen.has(key));
      for (const [key] of own) seen.add(key);
      return rows(
        { properties: Object.fromEntries(own), required: members.length === 1 ? (member.required ?? []) : [] },
        `${path}${ending}.`,
      );
    });
  };
  if (node.type === "array") return inside(node.items, "[]");
  if (node.properties !== undefined) return inside(node, "");
  if (typeof node.additionalProperties === "object") return inside(node.additionalProperties, ".<name>");
  const list = node.anyOf?.find(({ type }) => type === "array");
  return list?.items?.properties === undefined ? inside(node, "") : inside(list.items, "[]");
}

function valueOfRecord(node: Node | undefined): Node {
  return typeof node?.additionalProperties === "object" ? node.additionalProperties : {};
}

function typeOf(node: Node): string {
  if (node.kind !== undefined) return node.kind;
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  const union = node.anyOf ?? node.oneOf;
  if (union !== undefined) return [...new Set(union.map(typeOf))].join(" or ");
  if (node.prefixItems !== undefined) return `[${node.prefixItems.map(typeOf).join(", ")}]`;
  if (node.type === "array") return `list of ${typeOf(node.items ?? {})}`;
  if (node.type === "object")
    return typeof node.additionalProperties === "object" ? `name -> ${typeOf(node.additionalProperties)}` : "mapping";
  const types = node.type === undefined ? [] : [node.type].flat();
  return types.map((type) => typeNames[type] ?? type).join(" or ") || "anything";
}

const typeNames: Readonly<Record<string, string>> = { string: "text", integer: "whole number", boolean: "true, false", null: "empty" };

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ");
}
