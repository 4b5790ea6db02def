import { join, relative } from "node:path";
import type { Finding } from "@dojang/model";
import type { MockSource, MocksOfJobs } from "./mock-sources.ts";

/**
 * What is wrong in the specifications of mocks: stubs, documents, and stubs that their document does not allow, each at its place.
 * They are read and compiled; nothing in them is run here.
 */
export async function checkMockContents({
  directory,
  mocks,
}: {
  readonly directory: string;
  readonly mocks: MocksOfJobs;
}): Promise<readonly Finding[]> {
  const sources = [
    ...new Map(
      Object.values(mocks)
        .flat()
        .map((source) => [identityOf(source), source]),
    ).values(),
  ];
  if (sources.length === 0) return [];
  // It brings a template language, schemas and patterns: projects without mocks need not wait for them.
  const { checkSpecification } = await import("@dojang/mock");
  const checked = await Promise.all(
    sources.map(({ stubs, openapi }) =>
      checkSpecification({
        directory: stubs === undefined ? undefined : join(directory, stubs),
        openapi: openapi.map((path) => join(directory, path)),
      }),
    ),
  );
  return checked.flatMap(({ findings }) => findings.map((finding) => inProject(finding, directory)));
}

/** Two jobs mostly name the same files, whose mistakes are said once. */
function identityOf({ stubs, openapi }: MockSource): string {
  return JSON.stringify([stubs, openapi]);
}

function inProject(finding: Finding, directory: string): Finding {
  const file = relative(directory, finding.place.file);
  const strip = (text: string) => text.replaceAll(`${directory}/`, "");
  return { ...finding, message: strip(finding.message), fix: strip(finding.fix), place: { ...finding.place, file } };
}
