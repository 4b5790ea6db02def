import { join } from "node:path";
import type { Finding } from "@dojang/model";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { BodyFolder } from "./body-folder.ts";
import { mappingFileName, type RenderName, templatedFileName } from "./mapping-file-name.ts";
import { type FiledStub, MappingFolder } from "./mapping-folder.ts";
import { createMemoryFiles } from "./memory-files.ts";
import type { MockFiles } from "./mock-files.ts";

export interface MockFilesOptions {
  /** Holds `mappings` and `__files`. It and they need not exist, and are made when something is written. Without one nothing is. */
  readonly directory?: string;
  /** Of the names of new mapping files. Default as WireMock names them. */
  readonly nameTemplate?: string;
  /** Renders `nameTemplate`. */
  readonly render?: RenderName;
}

/** Calls that change files are to be made one after another; reading may go on beside them. */
export function createMockFiles({ directory, nameTemplate, render }: MockFilesOptions): MockFiles {
  if (directory === undefined) return createMemoryFiles();
  const nameOf = (stub: StubMapping) =>
    nameTemplate !== undefined && render !== undefined ? templatedFileName(stub, nameTemplate, render) : mappingFileName(stub);
  const mappings = new MappingFolder(join(directory, "mappings"), nameOf);
  const bodies = new BodyFolder(join(directory, "__files"));
  return {
    directory,
    loadMappings: () => mappings.load(),
    fileOf: (id) => {
      const name = mappings.fileOf(id);
      return name === undefined ? undefined : `mappings/${name}`;
    },
    saveMapping: (stub, newName) => mappings.save(stub, newName),
    removeMapping: (id) => mappings.remove(id),
    removeAllMappings: () => mappings.removeAll(),
    readBody: (name) => bodies.read(name),
    writeBody: (name, content) => bodies.write(name, content),
    removeBody: (name) => bodies.remove(name),
    listBodies: () => bodies.list(),
  };
}

/** Everything in a folder, with errors and warnings, and without a mock. */
export async function checkMockFiles(directory: string): Promise<{
  readonly stubs: readonly FiledStub[];
  readonly findings: readonly Finding[];
  readonly files: number;
}> {
  const { stubs, findings, files } = await new MappingFolder(join(directory, "mappings"), mappingFileName).check();
  return { stubs, findings, files };
}
