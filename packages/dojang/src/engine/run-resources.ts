import { type EgressPolicy, Problem, type RunEvent } from "@dojang/model";
import type { BuiltImage, Runtime } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import { prepareWorkspace, type Workspace } from "../environments/workspace.ts";
import type { ChangedLines } from "../results/changed-lines.ts";
import { readChangedLines } from "../results/read-changed-lines.ts";

/** What jobs of a run share. Each thing is made when the first job asks, and a failure is the same for all who ask. */
export interface RunResources {
  workspace(): Promise<Workspace>;
  images(services: readonly string[]): Promise<Readonly<Record<string, BuiltImage>>>;
  changedLines(): Promise<ChangedLines | undefined>;
  /** Kept once there was an answer: what a job asks too soon is not missing for the next. */
  remembered(key: string, ask: () => Promise<string | undefined>): Promise<string | undefined>;
}

export interface RunResourcesOptions {
  readonly runtime: Runtime;
  readonly home: string;
  readonly project: LoadedProject;
  /** What the change is compared with; undefined when there is nothing. */
  readonly base: string | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

const buildTimeoutMs = 15 * 60_000;

export function createRunResources(options: RunResourcesOptions): RunResources {
  const { runtime, home, project, base, signal, emit } = options;
  const builds = new Map<string, Promise<BuiltImage>>();
  const answers = new Map<string, string>();
  const workspace = once(() =>
    prepareWorkspace({
      runtime,
      home,
      project: project.name,
      directory: project.directory,
      install: project.workspace.install,
      language: project.workspace.language,
      egress: allowed(project.workspace.egress),
      timeoutMs: buildTimeoutMs,
      signal,
      emit,
    }),
  );
  const changed = once(async () => {
    if (base === undefined) return undefined;
    return readChangedLines({ directory: project.directory, base, signal }).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      emit({ kind: "note", text: `coverage of the change is not known: ${error.message}` });
      return undefined;
    });
  });

  function image(name: string): Promise<BuiltImage> {
    let building = builds.get(name);
    if (building === undefined) {
      building = build(name);
      // The first to ask hears of a failure; without this a failure nobody waits for yet would end the process.
      building.catch(() => undefined);
      builds.set(name, building);
    }
    return building;
  }

  function build(name: string): Promise<BuiltImage> {
    const service = project.services.find((each) => each.name === name);
    if (service?.program.kind !== "build") throw new Error(`service ${name} is not built`);
    const job = `build ${name}`;
    return runtime.build(
      {
        project: project.name,
        service: name,
        program: service.program,
        egress: allowed(project.file.services[name]?.egress ?? []),
        environment: {},
        timeoutMs: buildTimeoutMs,
      },
      {
        signal,
        onProgress(event) {
          if (event.kind === "output") emit({ kind: "output", job, source: "build", stream: event.stream, text: event.text });
          if (event.kind === "note") emit({ kind: "note", job, text: event.text });
          if (event.kind === "egress" && !event.allowed)
            emit({ kind: "note", job, text: `asked for ${event.host}:${event.port}, not allowed` });
        },
      },
    );
  }

  return {
    workspace,
    changedLines: changed,
    async remembered(key, ask) {
      const answer = answers.get(key) ?? (await ask());
      if (answer !== undefined) answers.set(key, answer);
      return answer;
    },
    async images(services) {
      const built = await Promise.all(services.map(image));
      return Object.fromEntries(built.map((each, index) => [services[index], each]));
    },
  };
}

function allowed(hosts: readonly string[]): EgressPolicy {
  return { kind: "allow", hosts };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
