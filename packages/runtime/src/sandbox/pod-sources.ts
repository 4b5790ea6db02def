import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import type { ProgramPlan } from "../programs/program-plan.ts";
import type { HostView } from "./host-view.ts";

/** What a pod is planned from: what was asked for, resolved, prepared and found on the host. */
export interface PodPlanInput {
  readonly spec: EnvironmentSpec;
  readonly programs: ReadonlyMap<string, ProgramPlan>;
  /** Trees and files of the host by the path they have in the agent's view. */
  readonly sources: PodSources;
  readonly host: HostView;
  readonly shared: readonly { readonly from: string; readonly path: string; readonly kind: "folder" | "file" }[];
}

/** All paths are as the agent sees them. */
export interface PodSources {
  /** Built trees, by service. */
  readonly built: ReadonlyMap<string, string>;
  readonly templates: ReadonlyMap<string, string>;
  /** A finished tree that the guest may write copies of, or one copied for this environment. */
  readonly workspace?: { readonly from: string; readonly copied: boolean };
  /** Copies of bind mounts, by `<service>:<target>`; undefined inside when the source is not there or empty. */
  readonly binds: ReadonlyMap<string, { readonly from: string; readonly kind: "folder" | "file" }>;
  /** Read-only folders that program plans name. */
  readonly readOnly: readonly { readonly path: string; readonly kind: "folder" | "file" }[];
}

export function programOf({ programs }: PodPlanInput, service: ServiceSpec): ProgramPlan {
  const program = programs.get(service.name);
  if (program === undefined) throw new Error(`no program was resolved for ${service.name}`);
  return program;
}
