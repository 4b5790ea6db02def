import type { RunEvent, ServiceSpec } from "@dojang/model";
import type { EnvironmentStatus, ProgressEvent, ServiceStatus } from "@dojang/runtime";
import type { ServiceFacts } from "../report/run-facts.ts";
import { mockLabel } from "./mocks/mock-services.ts";

export interface ObservedStart {
  /** From the start of the environment to healthy, by service. */
  readonly readyAfterMs: ReadonlyMap<string, number>;
  readonly onProgress: (event: ProgressEvent) => void;
}

export interface ObserveOptions {
  readonly job: string;
  readonly mocks: readonly string[];
  readonly emit: (event: RunEvent) => void;
  readonly onEgress: (asked: {
    readonly host: string;
    readonly port: number;
    readonly allowed: boolean;
    readonly service?: string;
  }) => void;
}

/** What starting tells of each service: how it was replaced and when it was ready. */
export function observeStart({ job, mocks, emit, onEgress }: ObserveOptions): ObservedStart {
  const from = performance.now();
  const readyAfterMs = new Map<string, number>();
  return {
    readyAfterMs,
    onProgress(event) {
      // What plays a mock is no substitute for an image that somebody asked for.
      if (event.kind === "substitution" && !mocks.includes(event.service))
        emit({ kind: "note", job, text: `${event.service}: ${event.asked} -> ${event.took}` });
      if (event.kind === "service") {
        if (event.state === "healthy" && !readyAfterMs.has(event.service)) readyAfterMs.set(event.service, performance.now() - from);
        emit({ kind: "service", job, service: event.service, state: event.state, detail: event.detail });
      }
      if (event.kind === "note") emit({ kind: "note", job, text: event.text });
      if (event.kind === "egress") onEgress(event);
    },
  };
}

export function serviceFacts(
  specs: readonly ServiceSpec[],
  status: EnvironmentStatus | undefined,
  observed: ObservedStart,
): readonly ServiceFacts[] {
  return (status?.services ?? []).map((service) => {
    const spec = specs.find((one) => one.name === service.name);
    const { name, state, restarts, exitCode } = service;
    return { name, ...askedAndTook(spec, service), state, restarts, exitCode, readyAfterMs: observed.readyAfterMs.get(name) };
  });
}

function askedAndTook(spec: ServiceSpec | undefined, { program: took }: ServiceStatus): Pick<ServiceFacts, "asked" | "took"> {
  const mock = spec?.labels[mockLabel];
  if (mock !== undefined) return { asked: mock, took: "a mock" };
  const program = spec?.program;
  return { asked: program?.kind === "image" ? program.image : `build ${program?.recipe.origin ?? ""}`.trim(), took };
}
