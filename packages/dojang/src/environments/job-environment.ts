import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { EgressPolicy, EnvironmentSpec, Limits, RunEvent, ServiceSpec, Step, TestIdentity } from "@dojang/model";
import type { BuiltImage, EnvironmentStatus, ProgressEvent, Runtime } from "@dojang/runtime";
import type { LiveTestEvent } from "../capture/attribution.ts";
import { createAuthority } from "../capture/authority.ts";
import { type Recorder, startRecorder } from "../capture/recorder.ts";
import { stepEnvironment } from "../capture/step-environment.ts";
import type { EgressFacts, ServiceFacts } from "../report/run-facts.ts";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { appendLogs } from "../store/logs.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";
import { appendCapture } from "./append-capture.ts";
import { createEgressTally } from "./egress-tally.ts";
import { createGuestFiles, type GuestFiles } from "./guest-files.ts";
import { type LogIngest, startLogIngest } from "./log-ingest.ts";
import { createPhaseClock, type PhaseClock } from "./phase-clock.ts";
import { plannedSteps } from "./planned-steps.ts";
import { runSteps, type StepResult } from "./run-steps.ts";
import { withServicePreload } from "./service-preload.ts";
import { type Workspace, workspaceMount } from "./workspace.ts";

export interface JobEnvironmentRequest {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Where services and steps see Dojang's preloads. */
  readonly preloadDirectory: string;
  readonly project: string;
  readonly run: string;
  readonly jobId: string;
  /** The job's name in events. */
  readonly job: string;
  readonly shard: number;
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
  readonly workspace: Workspace | undefined;
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly egress: readonly string[];
  readonly limits: Limits;
  readonly startTimeoutMs: number;
  /** Of the run and the job. */
  readonly variables: Readonly<Record<string, string>>;
  readonly jobTimeoutMs: number;
  readonly record: boolean;
  readonly trusted: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/** A test attempt that announced itself, and when it first did: report files often lack the time. */
export interface LiveTest {
  readonly id: string;
  readonly identity: TestIdentity;
  readonly beganAt: number;
}

/** One environment of a job while it is up. `close` keeps everything that was recorded, then removes the environment. */
export interface JobEnvironment extends AsyncDisposable {
  readonly id: string;
  readonly files: GuestFiles;
  readonly clock: PhaseClock;
  runSteps(steps: readonly Step[], options: { readonly recorded: boolean }): Promise<readonly StepResult[]>;
  /** Tests that announced themselves while steps ran. */
  liveTests(): readonly LiveTest[];
  services(): Promise<readonly ServiceFacts[]>;
  egress(): readonly EgressFacts[];
  close(): Promise<void>;
}

/** One for the step itself, the others for test workers. */
const recorderLanes = 17;

/** Everything made is registered for teardown before it is made, so a failure at any point leaves nothing. */
export async function openJobEnvironment(request: JobEnvironmentRequest): Promise<JobEnvironment> {
  const { store, runtime, signal, emit, job } = request;
  const clock = createPhaseClock();
  const tally = createEgressTally();
  const observed = observeStart(request, tally.add);
  const live = new Map<string, LiveTest>();
  const id = environmentId(request.project);
  const teardown = new AsyncDisposableStack();
  try {
    teardown.defer(() => markReleased(store, { kind: "environment", id }));
    await recordIntent(store, {
      kind: "environment",
      id,
      runtime: runtime.name,
      owner: thisProcess(),
      run: request.run,
      job: request.jobId,
    });
    teardown.defer(() => runtime.stop(id));
    const authority = request.record ? await createAuthority({ environment: id }) : undefined;
    const spec = environmentSpec(request, id, authority?.certificatePem);
    await clock.time("environment", () => runtime.start(spec, { signal, images: request.images, onProgress: observed.onProgress }));
    let logs: LogIngest | undefined;
    if (request.services.length > 0) {
      logs = startLogIngest({
        runtime,
        environmentId: id,
        write: (records) => appendLogs(store, { run: request.run, records }),
        onProblem: (text) => emit({ kind: "note", job, text }),
      });
      teardown.defer(logs.finish);
    }
    const recording = authority ? await openRecording({ request, id, authority, onTest: (event) => rememberTest(live, event) }) : undefined;
    if (recording) teardown.defer(async () => void (await recording.recorder.close()));

    const files = createGuestFiles({ runtime, environmentId: id, mountAt: workspaceMount });
    const close = () => clock.time("teardown", () => teardown.disposeAsync());
    return {
      id,
      files,
      clock,
      runSteps: (steps, { recorded }) =>
        runSteps(
          plannedSteps(steps, {
            variables: request.variables,
            recording: recorded ? (recording?.variables ?? {}) : {},
            jobTimeoutMs: request.jobTimeoutMs,
          }),
          { runtime, environmentId: id, job, signal, emit },
        ),
      liveTests: () => [...live.values()],
      services: async () => serviceFacts(request.services, await runtime.inspect(id), observed),
      egress: tally.facts,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await teardown.disposeAsync();
    throw error;
  }
}

function rememberTest(live: Map<string, LiveTest>, { id, identity, at }: LiveTestEvent): void {
  const known = live.get(id);
  live.set(id, { id, identity, beganAt: Math.min(at, known?.beganAt ?? at) });
}

function environmentId(project: string): string {
  const name = project.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  return `${name.slice(0, 30)}-${randomBytes(4).toString("hex")}`;
}

function environmentSpec(request: JobEnvironmentRequest, id: string, authority: string | undefined): EnvironmentSpec {
  const egress: EgressPolicy = request.egress.length > 0 ? { kind: "allow", hosts: request.egress } : { kind: "none" };
  return {
    id,
    project: request.project,
    kind: request.services.length > 0 ? "preview" : "job",
    run: request.run,
    services: request.services.map((service) => withServicePreload(service, request.preloadDirectory)),
    workspace: request.workspace && { tree: request.workspace.tree, mountAt: request.workspace.mountAt },
    volumes: request.volumes,
    egress,
    extraHosts: {},
    certificateAuthorityPem: authority,
    trusted: request.trusted,
    limits: request.limits,
    startTimeoutMs: request.startTimeoutMs,
  };
}

interface RecordingRequest {
  readonly request: JobEnvironmentRequest;
  readonly id: string;
  readonly authority: Awaited<ReturnType<typeof createAuthority>>;
  readonly onTest: (event: LiveTestEvent) => void;
}

/** The recorder listens in this process; the runtime makes each lane an address inside the environment. */
async function openRecording({ request, id, authority, onTest }: RecordingRequest): Promise<{
  readonly recorder: Recorder;
  readonly variables: Readonly<Record<string, string>>;
}> {
  const { store, runtime, emit, job } = request;
  const sockets = runtime.socketDirectory(id);
  const socketOf = (lane: number) => join(sockets, `lane-${lane}.sock`);
  const recorder = await startRecorder({
    environment: id,
    lanes: recorderLanes,
    listen: (lane) => ({ socketPath: socketOf(lane) }),
    dial: ({ host, port, signal }) => runtime.connect(id, { host, port }, { signal }),
    authority,
    workspace: workspaceMount,
    sink: {
      async write(batch) {
        for (const event of batch.testEvents) onTest(event);
        await appendCapture(store, { run: request.run, job: request.jobId, batch });
      },
    },
    onProblem: (text) => emit({ kind: "note", job, text }),
  });
  const laneAddresses = await Promise.all(recorder.lanes.map((lane) => runtime.expose(id, { socketPath: socketOf(lane.index), port: 0 })));
  return {
    recorder,
    variables: stepEnvironment({
      runtime: runtime.name,
      preloadDirectory: request.preloadDirectory,
      laneAddresses,
      spkiPin: authority.spkiPin,
    }),
  };
}

/** What starting told of each service: how it was replaced and when it was ready. */
function observeStart({ job, emit }: JobEnvironmentRequest, onEgress: (asked: { host: string; port: number; allowed: boolean }) => void) {
  const from = performance.now();
  const took = new Map<string, string>();
  const readyAfterMs = new Map<string, number>();
  return {
    took,
    readyAfterMs,
    onProgress(event: ProgressEvent) {
      if (event.kind === "substitution") {
        took.set(event.service, event.took);
        emit({ kind: "note", job, text: `${event.service}: ${event.asked} -> ${event.took}` });
      }
      if (event.kind === "service") {
        if (event.state === "healthy" && !readyAfterMs.has(event.service)) readyAfterMs.set(event.service, performance.now() - from);
        emit({ kind: "service", job, service: event.service, state: event.state, detail: event.detail });
      }
      if (event.kind === "note") emit({ kind: "note", job, text: event.text });
      if (event.kind === "egress") onEgress(event);
    },
  };
}

function serviceFacts(
  specs: readonly ServiceSpec[],
  status: EnvironmentStatus | undefined,
  observed: { readonly readyAfterMs: ReadonlyMap<string, number> },
): readonly ServiceFacts[] {
  return (status?.services ?? []).map((service) => {
    const program = specs.find((spec) => spec.name === service.name)?.program;
    return {
      name: service.name,
      asked: program?.kind === "image" ? program.image : `build ${program?.recipe.origin ?? ""}`.trim(),
      took: service.program,
      state: service.state,
      restarts: service.restarts,
      exitCode: service.exitCode,
      readyAfterMs: observed.readyAfterMs.get(service.name),
    };
  });
}
