import { type Finding, type Refusal, refusedBuildKeys, refusedServiceKeys, refusedTopKeys } from "@dojang/model";
import { interpolate, type Lookup } from "./interpolation.ts";
import type { KeyPath } from "./key-path.ts";
import type { YamlSource } from "./yaml-source.ts";

/**
 * What happens to a Compose file between YAML and its schema: `x-` extensions go, keys that are refused by name go with a
 * finding each, and variables are replaced in every value (never in keys).
 */
export interface ComposeTree {
  readonly data: unknown;
  readonly findings: readonly Finding[];
  /** Values left out because a variable in them is wrong. */
  readonly pruned: readonly KeyPath[];
}

export interface ComposeTreeRequest {
  readonly source: YamlSource;
  /** What of the source's value is judged; all of it when absent. */
  readonly value?: unknown;
  readonly lookup: Lookup;
}

export function prepareComposeTree({ source, lookup, value = source.value }: ComposeTreeRequest): ComposeTree {
  const findings: Finding[] = [];
  const data = withoutRefused(source, value, findings);
  const pruned: KeyPath[] = [];
  const unset = new Map<string, KeyPath>();
  const replaced = replaceVariables(data, [], (text, path) => {
    const result = interpolate(text, lookup);
    if (!result.ok) {
      findings.push({ severity: "error", code: "compose-variable", place: source.place(path), message: result.message, fix: result.fix });
      pruned.push(path);
      return undefined;
    }
    for (const name of result.unset) if (!unset.has(name)) unset.set(name, path);
    return result.value;
  });
  for (const [name, path] of unset) {
    findings.push({
      severity: "warning",
      code: "compose-variable-unset",
      place: source.place(path),
      message: `the variable ${name} has no value and is replaced by nothing`,
      fix: `set ${name} in the environment or in .env, or write a default: \${${name}:-value}`,
    });
  }
  return { data: replaced, findings, pruned };
}

function withoutRefused(source: YamlSource, value: unknown, findings: Finding[]): unknown {
  if (!isMapping(value)) return value;
  const top = refuse(value, { path: [], refused: refusedTopKeys, source, findings });
  if (!isMapping(top.services)) return top;
  const services: Record<string, unknown> = {};
  for (const [name, service] of Object.entries(top.services)) {
    if (name.startsWith("x-")) continue;
    services[name] = isMapping(service) ? refuseInService(service, { path: ["services", name], source, findings }) : service;
  }
  return { ...top, services };
}

interface RefuseOptions {
  readonly path: KeyPath;
  readonly source: YamlSource;
  readonly findings: Finding[];
}

function refuseInService(service: Readonly<Record<string, unknown>>, options: RefuseOptions): Record<string, unknown> {
  const kept = refuse(service, { ...options, refused: refusedServiceKeys });
  if (isMapping(kept.build)) kept.build = refuse(kept.build, { ...options, path: [...options.path, "build"], refused: refusedBuildKeys });
  return kept;
}

function refuse(
  mapping: Readonly<Record<string, unknown>>,
  { path, refused, source, findings }: RefuseOptions & { refused: Readonly<Record<string, Refusal>> },
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(mapping)) {
    if (key.startsWith("x-")) continue;
    const refusal = Object.hasOwn(refused, key) ? refused[key] : undefined;
    if (refusal === undefined) {
      kept[key] = value;
      continue;
    }
    if (asksForNothing(key, value)) continue;
    findings.push({
      severity: "error",
      code: "compose-refused",
      place: source.place([...path, key], { key: true }),
      message: `refused: ${refusal.reason}`,
      fix: `instead: ${refusal.instead}`,
    });
  }
  return kept;
}

function asksForNothing(key: string, value: unknown): boolean {
  if (value === null || value === false || value === "false" || value === "") return true;
  if (key === "cgroup" || key === "ipc") return value === "private";
  if (key === "runtime") return value === "runc";
  return typeof value === "object" && Object.keys(value).length === 0;
}

function replaceVariables(value: unknown, path: KeyPath, replace: (text: string, path: KeyPath) => string | undefined): unknown {
  if (typeof value === "string") return replace(value, path);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => replaceVariables(item, [...path, index], replace));
    return items.includes(undefined) ? undefined : items;
  }
  if (!isMapping(value)) return value;
  const replaced: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const result = replaceVariables(inner, [...path, key], replace);
    if (result !== undefined) replaced[key] = result;
  }
  return replaced;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
