import type { WorkspaceSpec } from "@dojang/model";
import type { BuiltImage } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import type { SiteServices } from "./site-services.ts";

/** A release as it is in one site: nothing is left to default, and no file of the working tree is needed. */
export interface ResolvedRelease {
  readonly release: { readonly id: string; readonly number: number };
  /** Read from the release's sources, interpolated with the site's variables alone. */
  readonly project: LoadedProject;
  readonly services: SiteServices;
  /** The site's variables and secrets. */
  readonly variables: Readonly<Record<string, string>>;
  /** What `build` made of the services once, from the release's own shelf. */
  readonly images: Readonly<Record<string, BuiltImage>>;
  /** Its files that the edge answers by itself, as dojang.yml names them from here. */
  readonly staticFolder: string;
  /** The tree in which steps run. */
  readonly workspace: WorkspaceSpec;
}
