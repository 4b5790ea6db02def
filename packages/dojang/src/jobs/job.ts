import type { PlannedJob, RunEvent } from "@dojang/model";
import type { BuiltImage, Runtime } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import type { Live } from "../deployments/open-live.ts";
import type { Workspace } from "../environments/workspace.ts";
import type { Deployment } from "../store/deployments.ts";
import type { Store } from "../store/store.ts";

/** What every kind of job is given. A kind is a function `(context, definition) => JobResult`; kinds do not know each other. */
export interface JobContext {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Where services and steps see Dojang's preloads. */
  readonly preloadDirectory: string;
  readonly home: string;
  readonly project: LoadedProject;
  readonly run: { readonly id: string; readonly number: number };
  /** What is under test: a branch, a pull request. */
  readonly change: string;
  readonly job: { readonly id: string; readonly attempt: number; readonly planned: PlannedJob };
  /** Variables every step of the run gets; a job's and a step's own win over them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The workspace, laid out when the first job of the run asks. */
  readonly workspace: () => Promise<Workspace>;
  /** Built services by name, each built when the first job of the run asks. */
  readonly images: (services: readonly string[]) => Promise<Readonly<Record<string, BuiltImage>>>;
  /** Lines each changed file got, for patch coverage; undefined when there is nothing to compare with. */
  readonly changedLines: () => Promise<ReadonlyMap<string, ReadonlySet<number>> | undefined>;
  /** What the change is compared with as a project of its own, read and built when the first job asks. */
  readonly base: () => Promise<BaseOfChange | NoBase>;
  /** What jobs of the run ask of elsewhere, kept by its key once there was an answer; what was not there is asked again. */
  readonly remembered: (key: string, ask: () => Promise<string | undefined>) => Promise<string | undefined>;
  readonly trusted: boolean;
  /** Only in a run that was told to deploy. */
  readonly deploying?: Deploying;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** What deploy jobs, and jobs against what was deployed, need of the process. */
export interface Deploying {
  readonly person: string;
  readonly open: () => Promise<Live>;
  /** True when it may go on now; false when somebody else has to decide. */
  readonly approve: (deployment: Deployment) => Promise<boolean>;
  /** Whether the run was told to approve what asks for it. */
  readonly approves: boolean;
  /** The process's, for keys of SSH. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BaseOfChange {
  readonly commit: string;
  readonly project: LoadedProject;
  readonly workspace: JobContext["workspace"];
  readonly images: JobContext["images"];
}

/** Why there is nothing to compare with. */
export interface NoBase {
  readonly missing: string;
  /** Where there is one that cannot be used. */
  readonly commit?: string;
}
