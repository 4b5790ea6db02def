import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { Fault } from "./contract.ts";
import { SupervisionError } from "./supervision/supervision-error.ts";

/** Problems every runtime gives with the same code, so that a caller need not know which runtime it has. */
export function environmentExists(id: string): Problem {
  return new Problem({
    code: "environment-exists",
    exit: "configuration",
    message: `environment ${id} exists already`,
    fix: `stop it first (dojang down ${id}), or choose another id`,
  });
}

export function unknownEnvironment(id: string): Problem {
  return new Problem({
    code: "unknown-environment",
    exit: "configuration",
    message: `there is no environment ${id}`,
    fix: "dojang ps lists those that exist",
  });
}

export function unknownService(id: string, service: string, services: readonly string[]): Problem {
  return new Problem({
    code: "unknown-service",
    exit: "configuration",
    message: `environment ${id} has no service ${service}`,
    fix: `use one of ${services.join(", ")}`,
  });
}

export function environmentStopped(id: string): Problem {
  return new Problem({
    code: "environment-stopped",
    exit: "interrupted",
    message: `environment ${id} was stopped while it started`,
    fix: "start it again",
  });
}

export function faultUnsupported(runtime: string, kind: Fault["kind"], supported: readonly Fault["kind"][]): Problem {
  return new Problem({
    code: "fault-unsupported",
    exit: "configuration",
    message: `the ${runtime} runtime cannot inject the fault ${kind}`,
    fix: `use one of ${supported.join(", ")}, or another runtime (--runtime sandbox)`,
  });
}

export function imageNotBuilt(service: string): Problem {
  return new Problem({
    code: "image-not-built",
    exit: "configuration",
    message: `service ${service} is built from source, and no built image was given for it`,
    fix: "build it first and hand its image to start",
  });
}

export function untrustedNeedsIsolation(id: string, runtime: string): Problem {
  return new Problem({
    code: "untrusted-needs-isolation",
    exit: "refused",
    message: `environment ${id} runs code that is not trusted, and the ${runtime} runtime does not isolate it`,
    fix: "run it where the sandbox is available (dojang doctor says what is missing), or approve the change",
  });
}

/** Throws for what only a LiveRuntime has. */
export function refuseLiveSpec(spec: Pick<EnvironmentSpec, "id" | "keptVolumes" | "neighbours">, runtime: string): void {
  const kept = Object.keys(spec.keptVolumes ?? {});
  if (kept.length === 0 && (spec.neighbours ?? []).length === 0) return;
  const what = kept.length > 0 ? `keeps volume ${kept.join(", ")} beyond itself` : "reaches services of another environment";
  throw new Problem({
    code: "live-unsupported",
    exit: "configuration",
    message: `environment ${spec.id} ${what}, which the ${runtime} runtime does not do`,
    fix: "live sites run on the host runtime",
  });
}

const lastOutputCharacters = 2_000;

export function buildFailed(failure: { service: string; command: string; exitCode: number; output: string; timedOut?: boolean }): Problem {
  const how = failure.timedOut ? "did not end in time" : `ended with ${failure.exitCode}`;
  return new Problem({
    code: "build-failed",
    exit: "configuration",
    message: `building ${failure.service}: \`${failure.command}\` ${how}: ${failure.output.trim().slice(-lastOutputCharacters)}`,
    fix: "run the command in a fresh checkout; what it needs must be in the repository or allowed by the egress list",
  });
}

/** What a supervisor threw, as callers are to see it. */
export function problemOfSupervision(error: unknown): unknown {
  return error instanceof SupervisionError ? new Problem({ ...error.fault, cause: error }) : error;
}
