import type { RunEvent } from "@dojang/model";
import type { LiveRuntime } from "@dojang/runtime";
import type { Store } from "../store/store.ts";

/** What work on sites needs of the process it is done in. */
export interface SiteContext {
  readonly store: Store;
  readonly home: string;
  readonly runtime: LiveRuntime;
  /** Where services see Dojang's preloads. */
  readonly preloadDirectory: string;
  readonly signal: AbortSignal;
  /** One line for people. */
  readonly say: (text: string) => void;
  /** Output of builds and steps as it comes. */
  readonly emit?: (event: RunEvent) => void;
}
