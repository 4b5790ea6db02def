import { randomBytes } from "node:crypto";
import type { EgressPolicy, EnvironmentSpec, Limits, RunEvent, ServiceSpec, Step, TestIdentity } from "@dojang/model";
import { type BuiltImage, likelyAddresses, type Runtime } from "@dojang/runtime";
import type { LiveTestEvent } from "../capture/attribution.ts";
import { createAuthority } from "../capture/authority.ts";
import type { EgressFacts, ServiceFacts } from "../report/run-facts.ts";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { appendLogs } from "../store/logs.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";
import { createEgressTally } from "./egress-tally.ts";
import { createGuestFiles, type GuestFiles } from "./guest-files.ts";
import { type LogIngestOptions, startLogIngest } from "./log-ingest.ts";
import type { PlayedSystems } from "./mocks/mock-services.ts";
import { type MockResults, openJournal } from "./mocks/open-journal.ts";
import { prepareMocks } from "./mocks/prepare-mocks.ts";
import { openRecording, type ReachableSite } from "./open-recording.ts";
import { createPhaseClock, type PhaseClock } from "./phase-clock.ts";
import { plannedSteps } from "./planned-steps.ts";
import { runSteps, type StepResult } from "./run-steps.ts";
import { observeStart, serviceFacts } from "./service-facts.ts";
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
  /** The services, and the mocks of what they ask outside. */
  readonly played: PlayedSystems;
  /** The project's, where specifications of mocks are. */
  readonly directory: string;
  readonly volumes: readonly string[];
  readonly workspace: Workspace | undefined;
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly egress: readonly string[];
  readonly limits: Limits & { readonly journalBytes?: number };
  readonly startTimeoutMs: number;
  /** Of the run and the job. */
  readonly variables: Readonly<Record<string, string>>;
  readonly jobTimeoutMs: number;
  readonly record: boolean;
  /** The live site its steps ask. */
  readonly site?: ReachableSite;
  readonly trusted: boolean;
  /** Of services' output, for jobs that measure. */
  readonly watch?: Pick<LogIngestOptions, "onLine" | "onVitals">;
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
  /** What mocks were asked; complete once the environment is closed, when the store has given each call its test. */
  mocks(): MockResults & { readonly digests: Readonly<Record<string, string>> };
  close(): Promise<void>;
}

/** Everything made is registered for teardown before it is made, so a failure at any point leaves nothing. */
export async function openJobEnvironment(request: JobEnvironmentRequest): Promise<JobEnvironment> {
  const { store, runtime, signal, emit, job } = request;
  const clock = createPhaseClock();
  const tally = createEgressTally();
  const mocks = request.played.mocks.map(({ source }) => source.name);
  const observed = observeStart({ job, mocks, emit, onEgress: tally.add });
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
    const authority = request.record || mocks.length > 0 ? await createAuthority({ environment: id }) : undefined;
    const addressesOf = (mock: string) => (runtime.name === "host" ? likelyAddresses(id, mock) : []);
    const prepared = await prepareMocks({
      mocks: request.played.mocks,
      home: store.home,
      directory: request.directory,
      authority,
      addressesOf,
    });
    const services = [...prepared.services, ...request.played.services];
    const spec = environmentSpec(request, { id, services, authority: authority?.certificatePem });
    for (const text of request.played.notes) emit({ kind: "note", job, text });
    await clock.time("environment", () => runtime.start(spec, { signal, images: request.images, onProgress: observed.onProgress }));
    const about = { store, runtime, environmentId: id, run: request.run, jobId: request.jobId, job, emit };
    if (services.length > 0) {
      const logs = startLogIngest({
        runtime,
        environmentId: id,
        write: (records) => appendLogs(store, { run: request.run, records }),
        onProblem: (text) => emit({ kind: "note", job, text }),
        ...request.watch,
      });
      teardown.defer(logs.finish);
    }
    const hosts = request.played.mocks.map((mock) => [mock.source.name, [...mock.hosts, ...addressesOf(mock.source.name)]] as const);
    const journal = openJournal({
      ...about,
      hosts: Object.fromEntries(hosts),
      maxBytes: request.limits.journalBytes,
      keep: request.record ? "all" : "wrong",
    });
    teardown.defer(journal.finish);
    const recording =
      authority && request.record
        ? await openRecording({
            ...about,
            authority,
            site: request.site,
            preloadDirectory: request.preloadDirectory,
            onTest: (event) => rememberTest(live, event),
          })
        : undefined;
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
            variables: { ...request.played.variables, ...request.variables },
            recording: recorded ? (recording?.variables ?? {}) : {},
            jobTimeoutMs: request.jobTimeoutMs,
          }),
          { runtime, environmentId: id, job, signal, emit },
        ),
      liveTests: () => [...live.values()],
      services: async () => serviceFacts(services, await runtime.inspect(id), observed),
      egress: tally.facts,
      mocks: () => ({ ...journal.results(), digests: prepared.digests }),
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

function environmentSpec(
  request: JobEnvironmentRequest,
  { id, services, authority }: { readonly id: string; readonly services: readonly ServiceSpec[]; readonly authority: string | undefined },
): EnvironmentSpec {
  // Where outside systems are played, a host that nobody declared is told by the gate, which lets none through.
  const gated = request.egress.length > 0 || request.played.mocks.length > 0;
  const egress: EgressPolicy = gated ? { kind: "allow", hosts: request.egress } : { kind: "none" };
  return {
    id,
    project: request.project,
    kind: services.length > 0 ? "preview" : "job",
    run: request.run,
    services: services.map((service) => withServicePreload(service, request.preloadDirectory)),
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
