import { nearestName } from "@dojang/model";
import type { Operation } from "../reading/operation.ts";
import type { DeclaredPath, FixedParameter } from "../reading/read-document.ts";
import type { ServerBase } from "../reading/read-servers.ts";
import { matchSegment, parseTemplate, templateShape } from "./path-template.ts";
import { Router } from "./router.ts";

/** What one request is asked of: an operation, and the variables of its path. */
export interface Route {
  readonly operation: Operation;
  /** Not decoded. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A path as it is served: with the base path of a server in front. */
interface ServedPath {
  readonly template: string;
  /** What a request has to have as well, for a path that was written with a query. */
  readonly query: readonly FixedParameter[];
  /** By upper-case method. Several documents may serve one path for different hosts. */
  readonly operations: Map<string, { readonly operation: Operation; readonly hosts: Set<string | undefined> }[]>;
}

/** As found in a request; those without a query are not found at paths that ask for one. */
export interface Asked {
  readonly host: string;
  readonly path: string;
  readonly query?: ReadonlyMap<string, readonly string[]>;
}

/** A path that one document or two declare twice, so that it is not known which is meant. */
export interface Clash {
  readonly operation: Operation;
  readonly earlier: Operation;
}

/** All operations of all documents, found by host, method and path. */
export class ServedPaths {
  readonly clashes: Clash[] = [];
  readonly #router = new Router<ServedPath>();
  readonly #paths = new Map<string, ServedPath>();
  readonly #hosts = new Set<string>();
  readonly #hostPatterns: string[] = [];

  add({ operations, path, query }: DeclaredPath): void {
    for (const { operation, bases } of operations) for (const base of bases) this.#addAt(operation, { base, path, query });
  }

  #addAt(
    operation: Operation,
    { base, path: written, query }: { readonly base: ServerBase; readonly path: string; readonly query: readonly FixedParameter[] },
  ): void {
    const template = base.path + operation.template;
    if (base.host !== undefined && !this.#hosts.has(base.host)) {
      this.#hosts.add(base.host);
      if (base.host.includes("{}")) this.#hostPatterns.push(base.host);
    }
    // Names of variables belong to an operation: templates that differ in them alone are different paths of one shape.
    let path = this.#paths.get(template);
    if (path === undefined) {
      path = { template, query, operations: new Map() };
      this.#paths.set(template, path);
      this.#router.add(base.path + written, path, query.length);
    }
    this.#noteClash(operation, template, base.host);
    const sameMethod = path.operations.get(operation.method) ?? [];
    path.operations.set(operation.method, sameMethod);
    const known = sameMethod.find((each) => each.operation === operation);
    if (known === undefined) sameMethod.push({ operation, hosts: new Set([base.host]) });
    else known.hosts.add(base.host);
  }

  readonly #byShape = new Map<string, Operation>();

  #noteClash(operation: Operation, template: string, host: string | undefined): void {
    const key = `${operation.method} ${host ?? ""} ${templateShape(template)}`;
    const earlier = this.#byShape.get(key);
    if (earlier === undefined) this.#byShape.set(key, operation);
    else if (earlier !== operation) this.clashes.push({ operation, earlier });
  }

  /** The operation for a method and a path, the most concrete path first. A host that no document names stands for any. */
  find(asked: Asked & { readonly method: string }): Route | undefined {
    for (const { operations, variables } of this.#matching(asked)) {
      const operation = operations.get(asked.method);
      if (operation !== undefined) return { operation, variables };
    }
    return undefined;
  }

  /** Methods of every path that matches, in the order declared; empty when none does. */
  methods(asked: Asked): readonly string[] {
    return [...new Set([...this.#matching(asked)].flatMap(({ operations }) => [...operations.keys()]))];
  }

  /** Operations of the most concrete path that declares each method. */
  operations(asked: Asked): ReadonlyMap<string, Operation> {
    const found = new Map<string, Operation>();
    for (const { operations } of this.#matching(asked)) {
      for (const [method, operation] of operations) if (!found.has(method)) found.set(method, operation);
    }
    return found;
  }

  /** Operations of every path that a template of somebody else's could mean: a variable on either side stands for anything. */
  overlapping(template: string): ReadonlyMap<string, readonly Operation[]> {
    const asked = template.split("/");
    const found = new Map<string, Operation[]>();
    for (const path of this.#paths.values()) {
      const segments = path.template.replace(/\?.*$/, "").split("/");
      const fits = segments.length === asked.length && segments.every((segment, at) => overlap(segment, asked[at] ?? ""));
      for (const [method, served] of fits ? path.operations : []) {
        found.set(method, [...(found.get(method) ?? []), ...served.map(({ operation }) => operation)]);
      }
    }
    return found;
  }

  /** Every operation once, in the order declared. */
  *all(): Generator<Operation> {
    const seen = new Set<Operation>();
    for (const { operations } of this.#paths.values()) {
      for (const { operation } of [...operations.values()].flat()) {
        if (!seen.has(operation)) yield operation;
        seen.add(operation);
      }
    }
  }

  /** Whether the host is one that a document names. */
  knowsHost(host: string): boolean {
    return this.#hosts.has(host) || this.#hostPatterns.some((pattern) => matchesHost(pattern, host));
  }

  get namesHosts(): boolean {
    return this.#hosts.size > 0;
  }

  /** Of the declared paths the one most like a path, as `GET /v1/things`. */
  nearest(path: string): string | undefined {
    const asked = path.split("/");
    const scored = [...this.#paths.values()].flatMap((served) => {
      const segments = served.template.split("/");
      const same = segments.filter((segment, index) => segment === asked[index] || (isVariable(segment) && asked[index] !== undefined));
      const score = same.length * 2 - Math.abs(segments.length - asked.length);
      return score > 0 ? [{ served, score }] : [];
    });
    const best = scored.sort((left, right) => right.score - left.score).slice(0, mostCompared);
    const byName = new Map(best.map(({ served }) => [fillIn(served.template, asked), served]));
    const found = byName.get(nearestName(path, byName.keys()) ?? "") ?? best[0]?.served;
    return found === undefined ? undefined : `${[...found.operations.keys()].join(", ")} ${found.template}`;
  }

  *#matching({ host, path, query }: Asked) {
    const known = this.knowsHost(host);
    for (const { entry, variables } of this.#router.find(path)) {
      if (!entry.query.every(({ name, value }) => query?.get(name)?.some((each) => value === undefined || value === each) === true))
        continue;
      const operations = new Map<string, Operation>();
      for (const [method, candidates] of entry.operations) {
        const served = candidates.find(({ hosts }) => !known || [...hosts].some((each) => each === undefined || matchesHost(each, host)));
        if (served !== undefined) operations.set(method, served.operation);
      }
      if (operations.size > 0) yield { operations, variables };
    }
  }
}

const mostCompared = 50;

function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.includes("{}")) return pattern === host;
  const [first = "", ...rest] = pattern.split("{}");
  const last = rest.pop() ?? "";
  if (!host.startsWith(first) || !host.endsWith(last) || host.length <= first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = host.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= host.length - last.length;
}

function overlap(declared: string, asked: string): boolean {
  if (declared === asked || asked.includes("{")) return true;
  const [segment] = parseTemplate(`/${declared}`);
  return segment !== undefined && matchSegment(segment, asked) !== undefined;
}

function isVariable(segment: string): boolean {
  return /^\{[^{}]*\}$/.test(segment);
}

/** Variables replaced by what was asked for, so that only the names differ. */
function fillIn(template: string, asked: readonly string[]): string {
  return template
    .split("/")
    .map((segment, index) => (isVariable(segment) ? (asked[index] ?? segment) : segment))
    .join("/");
}
