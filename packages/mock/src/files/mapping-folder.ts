import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Finding, Problem } from "@dojang/model";
import { prettyJson } from "../mapping/pretty-json.ts";
import { printStubMapping } from "../mapping/print-stub-mapping.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { formatOf, type MappingFormat, readMappingFile } from "./read-mapping-file.ts";
import { SafeFolder } from "./safe-folder.ts";
import { updateYaml } from "./update-yaml.ts";

/** Where a stub came from, or was written to. */
interface Origin {
  readonly name: string;
  readonly format: MappingFormat;
  /** One of several in its file, which is then never written. */
  readonly multi: boolean;
}

/** A stub and where it stands. */
export interface FiledStub {
  readonly stub: StubMapping;
  readonly file: string;
  /** Within the file: empty for its only stub. */
  readonly path: readonly (string | number)[];
}

/**
 * The `mappings` folder: reads all of it, and remembers which file each stub is in, so that it is written back there. Files are
 * read in the order of their names and stubs in the order of their list, so that which of two equal stubs wins does not depend
 * on the file system.
 */
export class MappingFolder {
  readonly #folder: SafeFolder;
  readonly #nameOf: (stub: StubMapping) => string;
  #origins = new Map<string, Origin>();

  constructor(path: string, nameOf: (stub: StubMapping) => string) {
    this.#folder = new SafeFolder(path);
    this.#nameOf = nameOf;
  }

  /** Throws one Problem with every error of every file; nothing is remembered then. */
  async load(): Promise<readonly StubMapping[]> {
    const { stubs, findings, origins } = await this.check();
    const errors = findings.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw mappingsProblem(this.#folder.path, errors);
    this.#origins = origins;
    return stubs.map(({ stub }) => stub);
  }

  /** What is in the folder, right or wrong. Changes nothing. */
  async check(): Promise<{
    readonly stubs: readonly FiledStub[];
    readonly findings: readonly Finding[];
    readonly files: number;
    readonly origins: Map<string, Origin>;
  }> {
    const stubs: FiledStub[] = [];
    const findings: Finding[] = [];
    const origins = new Map<string, Origin>();
    let files = 0;
    const found = await this.#folder.find((name) => findings.push(this.#linkOut(name)));
    for (const { name, path: realPath } of found) {
      const format = formatOf(name);
      if (format === undefined) continue;
      const text = readText(realPath);
      if (text === undefined) continue;
      const file = join(this.#folder.path, name);
      const content = readMappingFile({ file, text, format, idFor: (index) => idOf(name, index) });
      findings.push(...content.findings);
      for (const { stub, path } of content.stubs) {
        const other = origins.get(stub.id);
        if (other !== undefined) findings.push(duplicateId({ stub, file, other: join(this.#folder.path, other.name), path }));
        origins.set(stub.id, { name, format, multi: content.multi });
        stubs.push({ stub, file, path });
      }
      // Requests are answered meanwhile.
      if (++files % 100 === 0) await setImmediate();
    }
    return { stubs, findings: findings.slice(0, maxFindings), files, origins };
  }

  /** Relative to the folder. */
  fileOf(id: string): string | undefined {
    return this.#origins.get(id)?.name;
  }

  async save(stub: StubMapping, newName?: string): Promise<void> {
    const origin = this.#origins.get(stub.id);
    if (origin?.multi) throw readOnly(join(this.#folder.path, origin.name), "saved");
    const name = origin?.name ?? newName ?? this.#freeName(stub);
    const format = origin?.format ?? "json";
    const printed = printStubMapping(stub);
    const before = format === "yaml" ? (await this.#folder.read(name))?.toString("utf8") : undefined;
    await this.#folder.write(name, format === "yaml" ? updateYaml(before ?? "", printed) : `${prettyJson(printed)}\n`);
    this.#origins.set(stub.id, { name, format, multi: false });
  }

  async remove(id: string): Promise<void> {
    const origin = this.#origins.get(id);
    if (origin === undefined) return;
    if (origin.multi) throw readOnly(join(this.#folder.path, origin.name), "removed");
    await this.#folder.remove(origin.name);
    this.#origins.delete(id);
  }

  /** All or nothing: refused when one of the files holds several stubs. */
  async removeAll(): Promise<void> {
    for (const { multi, name } of this.#origins.values()) if (multi) throw readOnly(join(this.#folder.path, name), "removed");
    for (const { name } of this.#origins.values()) await this.#folder.remove(name);
    this.#origins.clear();
  }

  /** A template of names may give two stubs the same one. */
  #freeName(stub: StubMapping): string {
    const name = this.#nameOf(stub);
    const taken = [...this.#origins.values()].some((origin) => origin.name === name);
    return taken ? name.replace(/(\.[a-z]+)$/, `-${stub.id}$1`) : name;
  }

  #linkOut(name: string): Finding {
    return {
      severity: "error",
      code: "file-outside",
      place: { file: join(this.#folder.path, name) },
      message: "a symbolic link that leaves the folder is not followed",
      fix: "copy what it points to into the folder",
    };
  }
}

/** At once: for thousands of small files, waiting for each costs many times the reading. Undefined when it has gone meanwhile. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export function mappingsProblem(folder: string, errors: readonly Finding[]): Problem {
  const count = errors.length === 1 ? "one mistake" : `${errors.length} mistakes`;
  return new Problem({
    code: "mappings-invalid",
    message: `the stubs in ${folder} have ${count}`,
    fix: "correct what is listed; `dojang-mock check` lists it again",
    exit: "configuration",
    findings: errors,
  });
}

function readOnly(file: string, verb: "saved" | "removed"): Problem {
  return new Problem({
    code: "mapping-file-read-only",
    message: `a stub of ${file} cannot be ${verb}: files with a list of stubs are only read`,
    fix: "give each stub that changes a file of its own",
    exit: "refused",
  });
}

function duplicateId(at: { stub: StubMapping; file: string; other: string; path: readonly (string | number)[] }): Finding {
  const path = at.path.length > 0 ? `mappings[${at.path[1]}].id` : "id";
  return {
    severity: "error",
    code: "duplicate-id",
    place: { file: at.file, path },
    message: `the id ${at.stub.id} is taken by a stub of ${at.other}`,
    fix: "give one of them another id, or leave it out",
  };
}

/** The same at every load, so that what refers to a stub still does after a reset. */
function idOf(name: string, index: number): string {
  const hex = createHash("sha256").update(`${name}\n${index}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const maxFindings = 1000;
