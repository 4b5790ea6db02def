import { join } from "node:path";
import type { DojangFile, Finding, Job, MockDefinition } from "@dojang/model";
import type { KeyPath } from "./key-path.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { YamlSource } from "./yaml-source.ts";

/** A mock of a job, with its files found. */
export interface MockSource {
  /** Of the mock, and the first of its hosts. */
  readonly name: string;
  /** Every name by which services reach it. */
  readonly hosts: readonly string[];
  readonly definition: MockDefinition;
  /** Folder with `mappings/` and `__files/`, relative to the project. */
  readonly stubs: string | undefined;
  /** OpenAPI documents, relative to the project. */
  readonly openapi: readonly string[];
}

/** By job, as dojang.yml has them: a matrix makes no difference. */
export type MocksOfJobs = Readonly<Record<string, readonly MockSource[]>>;

/** Where each document of a folder is looked for. */
const documentNames = ["openapi.yaml", "openapi.yml", "openapi.json"];

/** Finds the files of every mock. What is wrong in them is not looked at here. */
export function mockSources(
  file: DojangFile,
  { files, source }: { readonly files: ProjectFiles; readonly source: YamlSource },
): { readonly mocks: MocksOfJobs; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const mocks = Object.entries(file.jobs).map(([job, definition]) => {
    const own = Object.entries(mocksOf(definition)).map(([name, mock]) => {
      const path = ["jobs", job, "mocks", name];
      return findMock(mock, { name, path, files, report: (said) => findings.push({ ...said, place: source.place(said.path) }) });
    });
    findings.push(...hostsNamedTwice(job, own, source));
    return [job, own] as const;
  });
  return { mocks: Object.fromEntries(mocks), findings };
}

export function mocksOf(job: Job): Readonly<Record<string, MockDefinition>> {
  return "mocks" in job ? job.mocks : {};
}

interface Looking {
  readonly name: string;
  readonly path: KeyPath;
  readonly files: ProjectFiles;
  readonly report: (said: Omit<Finding, "place"> & { readonly path: KeyPath }) => void;
}

function findMock(definition: MockDefinition, { name, path, files, report }: Looking): MockSource {
  const kindOf = (project: string) => files.kind(join(files.directory, project));
  const missing = (at: KeyPath, what: string, is: "file" | "folder" | undefined, wanted: string) =>
    report({
      severity: "error",
      code: is === undefined ? "mock-missing" : "mock-wrong-kind",
      path: at,
      message: is === undefined ? `there is no ${what} in the project` : `${what} is a ${is}`,
      fix: is === undefined ? "write the specification there, or correct the path" : `name ${wanted}`,
    });
  const { specification } = definition;
  const isDocument = specification !== undefined && kindOf(specification) === "file";
  const stubs = isDocument ? undefined : (specification ?? definition.stubs);
  const stubsPath = specification === undefined ? [...path, "stubs"] : path;
  if (stubs !== undefined && kindOf(stubs) !== "folder")
    missing(stubsPath, stubs, kindOf(stubs), "the folder that holds mappings/ and __files/");
  const beside = stubs === undefined ? [] : documentNames.map((one) => join(stubs, one)).filter((one) => kindOf(one) === "file");
  const openapi = isDocument ? [specification] : (definition.openapi ?? beside);
  for (const [index, document] of (definition.openapi ?? []).entries())
    if (kindOf(document) !== "file") missing([...path, "openapi", index], document, kindOf(document), "an OpenAPI document");
  const isThere = stubs !== undefined && kindOf(stubs) === "folder";
  if (isThere && openapi.length === 0 && kindOf(join(stubs, "mappings")) === undefined)
    report({
      severity: "warning",
      code: "mock-empty",
      path: stubsPath,
      message: `${stubs} has neither mappings/ nor openapi.yaml, so every call will be left unanswered`,
      fix: `write stubs into ${stubs}/mappings, or an OpenAPI document into ${stubs}/openapi.yaml`,
    });
  // What is not there was said above, and is looked at no further.
  const found = { stubs: isThere ? stubs : undefined, openapi: openapi.filter((document) => kindOf(document) === "file") };
  return { name, hosts: [...new Set([name, ...definition.hosts])], definition, ...found };
}

function hostsNamedTwice(job: string, mocks: readonly MockSource[], source: YamlSource): Finding[] {
  const owners = new Map<string, string>();
  return mocks.flatMap(({ name, hosts }) =>
    hosts.flatMap((host): Finding[] => {
      const owner = owners.get(host.toLowerCase());
      owners.set(host.toLowerCase(), owner ?? name);
      if (owner === undefined) return [];
      const place = source.place(["jobs", job, "mocks", name]);
      const message = `the host ${host} belongs to the mock ${owner} already`;
      return [{ severity: "error", code: "mock-host-twice", place, message, fix: "give each host to one mock" }];
    }),
  );
}
