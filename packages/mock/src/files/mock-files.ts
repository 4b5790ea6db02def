import type { StubMapping } from "../mapping/stub-mapping.ts";

/** The folder of a mock: `mappings/` (JSON and YAML, single stubs or `{mappings: []}`, any depth) and `__files/`. In memory when there is no folder. */
export interface MockFiles {
  readonly directory: string | undefined;
  /** Every stub of every file. Throws one Problem with all findings: file, path, value, fix. */
  loadMappings(): Promise<readonly StubMapping[]>;
  /** Where a stub was read from or written to: relative to the folder, `mappings/accept.json`. Undefined for one that is in no file. */
  fileOf(id: string): string | undefined;
  /** Writes a persistent stub: back into its file, else a new one named `newName` or after it. */
  saveMapping(stub: StubMapping, newName?: string): Promise<void>;
  removeMapping(id: string): Promise<void>;
  removeAllMappings(): Promise<void>;
  /** Below `__files`; names that leave the folder are refused with a Problem `file-outside`. */
  readBody(name: string): Promise<Buffer | undefined>;
  writeBody(name: string, content: Buffer): Promise<void>;
  removeBody(name: string): Promise<boolean>;
  /** Paths relative to `__files`, sorted. */
  listBodies(): Promise<readonly string[]>;
}
