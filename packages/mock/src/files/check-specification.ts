import { type Finding, nameAdvice, Problem } from "@dojang/model";
import { dottedPath } from "../mapping/mapping-finding.ts";
import type { Contract } from "../openapi/contract.ts";
import { checkMockFiles, createMockFiles } from "./create-mock-files.ts";
import type { FiledStub } from "./mapping-folder.ts";

export interface CheckedSpecification {
  readonly findings: readonly Finding[];
  readonly stubs: number;
  readonly files: number;
}

/**
 * Everything that is wrong in a folder of stubs, in OpenAPI documents, and between the two. Reads and compiles, and runs nothing of
 * what it reads; files are named as `directory` and `openapi` name them.
 */
export async function checkSpecification({
  directory,
  openapi = [],
}: {
  readonly directory?: string;
  readonly openapi?: readonly string[];
}): Promise<CheckedSpecification> {
  const files = directory === undefined ? { stubs: [], findings: [], files: 0 } : await checkMockFiles(directory);
  const { contract, findings } = await readContract(openapi);
  const bodies = new Set(directory === undefined ? [] : await createMockFiles({ directory }).listBodies());
  return {
    findings: [
      ...findings,
      ...files.findings,
      ...files.stubs.flatMap((filed) => [...breaches(contract, filed), ...missingBodies(bodies, filed)]),
    ],
    stubs: files.stubs.length,
    files: files.files,
  };
}

async function readContract(
  paths: readonly string[],
): Promise<{ readonly contract: Contract | undefined; readonly findings: readonly Finding[] }> {
  if (paths.length === 0) return { contract: undefined, findings: [] };
  const { loadContract } = await import("../openapi/load-contract.ts");
  try {
    const contract = await loadContract(paths, { mode: "strict", seed: 1 });
    return { contract, findings: [...contract.warnings, ...contract.checkExamples()] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { contract: undefined, findings: error.findings.length > 0 ? error.findings : [findingOf(error, paths)] };
  }
}

function findingOf({ code, message, fix, place }: Problem, paths: readonly string[]): Finding {
  return { severity: "error", code, place: place ?? { file: paths.join(", ") }, message, fix };
}

/** Where a stub breaks the contract, with the file that the stub stands in. */
function breaches(contract: Contract | undefined, { stub, file, path }: FiledStub): readonly Finding[] {
  return (contract?.checkStub(stub) ?? []).map((finding) => ({
    ...finding,
    place: { file, path: [dottedPath(path), finding.place.path].filter(Boolean).join(".") },
  }));
}

/** A file that is not there yet may still come, so this is a warning; what a template names cannot be known. */
function missingBodies(bodies: ReadonlySet<string>, { stub, file, path }: FiledStub): readonly Finding[] {
  const responses = stub.responses ?? [stub.response];
  return responses.flatMap(({ body }, index): readonly Finding[] => {
    if (body?.kind !== "bodyFileName" || body.name.includes("{{") || bodies.has(body.name)) return [];
    const response = stub.responses === undefined ? ["response"] : ["responses", index];
    return [
      {
        severity: "warning",
        code: "body-file-missing",
        place: { file, path: dottedPath([...path, ...response, "bodyFileName"]) },
        message: `there is no file "${body.name}" below __files`,
        fix: nameAdvice(body.name, [...bodies], "files"),
      },
    ];
  });
}
