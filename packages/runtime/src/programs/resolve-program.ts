import { Problem } from "@dojang/model";
import type { ImageLayout, ProgramPlan, ProgramRequest } from "./program-plan.ts";

/** Data folder and port of an image by its name alone, so that a runtime can lay out mounts before it plans. */
export function imageLayout(_image: string): ImageLayout | undefined {
  return undefined;
}

/** Pure: the same request gives the same plan. Throws Problem `image-unavailable` when nothing here can play the image. */
export function resolveProgram(request: ProgramRequest): ProgramPlan {
  throw new Problem({ code: "image-unavailable", exit: "configuration", message: `service ${request.service.name}: no program`, fix: "-" });
}
