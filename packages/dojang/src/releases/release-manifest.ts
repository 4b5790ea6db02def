import type { ServiceSpec } from "@dojang/model";

/** What a release is made of. Holds names of variables and never a value that a site gives. */
export interface ReleaseManifest {
  readonly version: 1;
  readonly id: string;
  readonly project: string;
  readonly number: number;
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly author: { readonly name: string; readonly email: string } | undefined;
  readonly subject: string | undefined;
  readonly committedAt: number | undefined;
  /** It holds changes that no commit has: those files. */
  readonly changedFiles: readonly string[];
  /** Relative to the sources. */
  readonly dojangFile: string;
  /** SHA-256 over paths, modes and contents of the sources. */
  readonly sourceDigest: string;
  readonly artifacts: readonly ReleaseArtifact[];
  /** Published images, by service. */
  readonly images: Readonly<Record<string, string>>;
  /** Services as Compose and dojang.yml have them, with `${NAME}` where a variable stands. Paths count from the sources. */
  readonly services: readonly ServiceSpec[];
  /** SHA-256 of dojang.yml and the Compose file. */
  readonly configuration: string;
  /** Names that the Compose file asks for. */
  readonly variables: readonly string[];
  /** By environment: the names it may have. */
  readonly environments: Readonly<Record<string, { readonly variables: readonly string[]; readonly secrets: readonly string[] }>>;
  readonly migrations: readonly MigrationSet[];
  /** Folders of files that the edge answers by itself. */
  readonly static: readonly string[];
  /** Of the bill of materials: SHA-256, and how many components it lists. */
  readonly sbom: { readonly digest: string; readonly components: number };
  readonly createdBy: string;
}

export interface ReleaseArtifact {
  readonly service: string;
  /** Of the built tree. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** How it was built: "from services.api of dojang.yml". */
  readonly origin: string;
}

export interface MigrationSet {
  /** Relative to the sources. */
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly digest: string }[];
}
