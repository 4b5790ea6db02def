import { Problem } from "@dojang/model";

/** A mistake on the command line. */
export function usageProblem({ code, message, fix, cause }: { code: string; message: string; fix: string; cause?: unknown }): Problem {
  return new Problem({ code, message, fix, exit: "configuration", cause });
}
