import type { Finding } from "@dojang/model";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml";
import type { KeyPath } from "./key-path.ts";

/** Offsets of a value and, in a mapping, of its key. */
export interface Span {
  readonly value: number;
  readonly key?: number;
}

interface ReaderOptions {
  readonly document: Document.Parsed;
  /** Filled: JSON of the key path -> where it stands. A value that came by an alias or a merge stands where it was written. */
  readonly spans: Map<string, Span>;
  readonly report: (
    code: string,
    offset: number,
    said: { message: string; fix: string; path?: KeyPath; severity?: Finding["severity"] },
  ) => void;
}

const mostValues = 50_000;
const deepest = 60;

/** Turns YAML nodes into plain data, resolving aliases and merges, within limits. */
export class YamlReader {
  readonly #options: ReaderOptions;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;
  #stopped = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  read(): unknown {
    const { contents } = this.#options.document;
    if (contents === null) return null;
    this.#collectAnchors(contents, 0);
    return this.#value(contents, []);
  }

  /** An alias means the last anchor of that name before it; files in use never name two alike, so a second one is refused. */
  #collectAnchors(node: unknown, depth: number): void {
    if (depth > deepest) return;
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) {
        if (this.#anchors.has(node.anchor)) {
          this.#options.report("yaml-anchor-twice", offsetOf(node), {
            message: `the anchor &${node.anchor} is set a second time`,
            fix: "give it another name",
          });
        } else this.#anchors.set(node.anchor, node);
      }
    }
    if (isSeq(node)) for (const item of node.items) this.#collectAnchors(item, depth + 1);
    if (isMap(node)) {
      for (const pair of node.items) {
        this.#collectAnchors(pair.key, depth + 1);
        this.#collectAnchors(pair.value, depth + 1);
      }
    }
  }

  #value(node: unknown, path: KeyPath, key?: number): unknown {
    if (this.#stopped) return null;
    const target = this.#resolve(node, path);
    this.#options.spans.set(JSON.stringify(path), { value: offsetOf(target) ?? key ?? 0, ...(key !== undefined && { key }) });
    if (target === undefined) return null;
    if (++this.#values > mostValues)
      return this.#stop(
        "yaml-too-large",
        target,
        `holds more than ${mostValues} values once its aliases are followed`,
        "repeat less through aliases",
      );
    if (path.length > deepest) return this.#stop("yaml-too-deep", target, `is nested more than ${deepest} deep`, "nest it less");
    this.#refuseTag(target, path);
    if (isScalar(target)) return this.#scalar(target, path);
    if (this.#open.has(target)) return this.#stop("yaml-too-deep", target, "contains itself through an alias", "remove the alias");
    this.#open.add(target);
    const value = isSeq(target)
      ? target.items.map((item, index) => this.#value(item, [...path, index]))
      : isMap(target)
        ? this.#map(target, path)
        : null;
    this.#open.delete(target);
    return value;
  }

  #resolve(node: unknown, path: KeyPath): Node | undefined {
    if (!isAlias(node)) return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      this.#options.report("yaml-alias", offsetOf(node), {
        path,
        message: `the alias *${node.source} has no anchor`,
        fix: `add &${node.source} to the value it means`,
      });
    }
    return target;
  }

  #map(map: YAMLMap, path: KeyPath): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const own = new Set<string>();
    const merges: Pair[] = [];
    for (const pair of map.items) {
      const key = this.#key(pair, path);
      if (key === undefined) continue;
      if (own.has(key)) {
        this.#options.report("duplicate-key", offsetOf(pair.key), {
          path: [...path, key],
          message: `the key "${key}" is given twice`,
          fix: "remove one of them",
        });
        continue;
      }
      own.add(key);
      if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN") merges.push(pair);
      else result[key] = this.#value(pair.value, [...path, key], offsetOf(pair.key));
    }
    for (const pair of merges) this.#merge(pair, { into: result, path });
    return result;
  }

  #merge(pair: Pair, { into, path }: { into: Record<string, unknown>; path: KeyPath }): void {
    const value = this.#resolve(pair.value, path);
    const sources = isSeq(value) ? value.items.map((item) => this.#resolve(item, path)) : [value];
    for (const source of sources) {
      if (!isMap(source)) {
        this.#options.report("yaml-merge", offsetOf(pair.key), {
          path: [...path, "<<"],
          message: "`<<` merges mappings only",
          fix: "name an anchor of a mapping, or a list of such",
        });
        continue;
      }
      if (this.#open.has(source)) {
        this.#stop("yaml-too-deep", source, "contains itself through a merge", "remove the merge");
        return;
      }
      this.#open.add(source);
      // Keys written out win over merged ones, and an earlier source over a later one, so only missing keys are read.
      const wanted = this.#mapWithout(source, path, new Set(Object.keys(into)));
      this.#open.delete(source);
      Object.assign(into, wanted);
    }
  }

  #mapWithout(map: YAMLMap, path: KeyPath, present: ReadonlySet<string>): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const merges: Pair[] = [];
    // Merging alone makes no new value, yet merges of merges can be as many as aliases of aliases.
    this.#values += 1 + map.items.length;
    if (this.#stopped) return result;
    if (this.#values > mostValues) {
      this.#stop("yaml-too-large", map, `holds more than ${mostValues} values once its merges are followed`, "repeat less through merges");
      return result;
    }
    for (const pair of map.items) {
      const key = this.#key(pair, path);
      if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN") merges.push(pair);
      else if (key !== undefined && !present.has(key) && !Object.hasOwn(result, key))
        result[key] = this.#value(pair.value, [...path, key], offsetOf(pair.key));
    }
    const known: Record<string, unknown> = { ...Object.fromEntries([...present].map((key) => [key, null])), ...result };
    for (const pair of merges) this.#merge(pair, { into: known, path });
    for (const [key, value] of Object.entries(known)) if (!present.has(key)) result[key] = value;
    return result;
  }

  #key(pair: Pair, path: KeyPath): string | undefined {
    const node = this.#resolve(pair.key, path);
    if (node !== undefined && !isScalar(node)) {
      this.#options.report("yaml-key", offsetOf(node), {
        path,
        message: "a key must be text, not a list or mapping",
        fix: "quote the key",
      });
      return undefined;
    }
    const key = isScalar(node) ? (typeof node.value === "string" ? node.value : (node.source ?? String(node.value))) : "";
    if (key !== "__proto__") return key;
    this.#options.report("yaml-key", offsetOf(node), { path, message: "the key __proto__ is not allowed", fix: "rename it" });
    return undefined;
  }

  /**
   * Docker Compose reads `0755` as octal, YAML 1.2 as decimal: octal is kept, because that is what runs today, and it is said.
   * Integers too large for a double keep their text.
   */
  #scalar(node: Scalar, path: KeyPath): unknown {
    const source = node.source ?? "";
    if (typeof node.value === "bigint") return source;
    if (typeof node.value !== "number" || node.type !== "PLAIN") return node.value;
    if (/^[-+]?0[0-7]+$/.test(source)) {
      const octal = Number.parseInt(source, 8);
      if (path.at(-1) !== "mode") {
        this.#options.report("yaml-octal", offsetOf(node), {
          path,
          severity: "warning",
          message: `${source} is read as the octal number ${octal}`,
          fix: `quote it: "${source}"`,
        });
      }
      return octal;
    }
    if (/^[-+]?\d+$/.test(source) && !Number.isSafeInteger(node.value)) return source;
    if (!Number.isFinite(node.value)) return source;
    if (/^[-+]?\d+\.\d*0$/.test(source)) {
      this.#options.report("yaml-number", offsetOf(node), {
        path,
        severity: "warning",
        message: `${source} is read as the number ${node.value}`,
        fix: `quote it when it is a version or text: "${source}"`,
      });
    }
    return node.value;
  }

  #refuseTag(node: Node, path: KeyPath): void {
    if (node.tag === undefined || /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(node.tag)) return;
    const compose = node.tag === "!reset" || node.tag === "!override";
    this.#options.report("yaml-tag", offsetOf(node), {
      path,
      message: `the tag ${node.tag} is not supported`,
      fix: compose ? "it only has a meaning when several Compose files are merged; write the wanted value" : "remove the tag",
    });
  }

  #stop(code: string, node: Node, message: string, fix: string): null {
    if (!this.#stopped) this.#options.report(code, offsetOf(node), { message, fix });
    this.#stopped = true;
    return null;
  }
}

function offsetOf(node: unknown): number {
  return (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) && node.range ? node.range[0] : 0;
}
