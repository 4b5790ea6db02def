import type { Socket } from "node:net";
import type { Runtime, Target } from "@dojang/runtime";

/** Where a connection goes: a target as seen from inside an environment. */
export interface Inside {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly target: Target;
  readonly signal: AbortSignal;
}

/** Joins a connection on this side of an environment's wall to a target inside; both end with either. */
export function carryInto(near: Socket, { runtime, environmentId, target, signal }: Inside): void {
  near.on("error", () => near.destroy());
  near.pause();
  runtime.connect(environmentId, target, { signal }).then(
    (far) => {
      far.on("error", () => near.destroy());
      far.on("close", () => near.destroy());
      near.on("close", () => far.destroy());
      near.pipe(far).pipe(near);
      near.resume();
    },
    () => near.destroy(),
  );
}
