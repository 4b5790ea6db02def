import type { ComposeFile, Finding, Place, ServiceRecipe } from "@dojang/model";
import type { Lookup } from "./interpolation.ts";
import type { KeyPath } from "./key-path.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { YamlSource } from "./yaml-source.ts";

/** What reading a Compose file's services needs; the findings are collected in it. */
export interface ComposeContext {
  readonly file: ComposeFile;
  readonly source: YamlSource;
  readonly files: ProjectFiles;
  /** Folder of the Compose file: its relative paths start here. */
  readonly base: string;
  readonly lookup: Lookup;
  readonly recipes: Readonly<Record<string, ServiceRecipe>>;
  readonly report: (finding: ComposeReport) => void;
}

export interface ComposeReport {
  readonly severity?: Finding["severity"];
  readonly code: string;
  readonly path: KeyPath;
  /** Points at the key instead of its value. */
  readonly key?: boolean;
  /** When it stands in another file. */
  readonly place?: Place;
  readonly message: string;
  readonly fix: string;
}
