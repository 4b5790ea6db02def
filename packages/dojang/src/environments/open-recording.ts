import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { RunEvent } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import type { LiveTestEvent } from "../capture/attribution.ts";
import type { Authority } from "../capture/authority.ts";
import { type Recorder, startRecorder } from "../capture/recorder.ts";
import { stepEnvironment } from "../capture/step-environment.ts";
import type { Store } from "../store/store.ts";
import { appendCapture } from "./append-capture.ts";
import { workspaceMount } from "./workspace.ts";

/** A live site of this machine that steps may ask by its own name: the recorder brings what they ask to where nginx listens. */
export interface ReachableSite {
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** Where nginx listens: an address of this machine, or the name of another. */
  readonly address: string;
  /** PEM of who vouches for its certificate beside the machine's usual roots. */
  readonly trust: readonly string[];
}

export interface RecordingRequest {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly environmentId: string;
  /** Where steps see Dojang's preloads. */
  readonly preloadDirectory: string;
  readonly run: string;
  readonly jobId: string;
  readonly job: string;
  readonly authority: Authority;
  readonly site?: ReachableSite;
  readonly onTest: (event: LiveTestEvent) => void;
  readonly emit: (event: RunEvent) => void;
}

export interface Recording {
  readonly recorder: Recorder;
  /** By which steps find it. */
  readonly variables: Readonly<Record<string, string>>;
}

/** One for the step itself, the others for test workers. */
const recorderLanes = 17;

/** The recorder listens in this process; the runtime makes each lane an address inside the environment. */
export async function openRecording(request: RecordingRequest): Promise<Recording> {
  const { store, runtime, environmentId, authority, site, run, jobId, job, onTest, emit } = request;
  const sockets = runtime.socketDirectory(environmentId);
  const socketOf = (lane: number) => join(sockets, `lane-${lane}.sock`);
  const recorder = await startRecorder({
    environment: environmentId,
    lanes: recorderLanes,
    listen: (lane) => ({ socketPath: socketOf(lane) }),
    dial: (target) =>
      site !== undefined && isOfSite(site, target) ? dialSite(site, target) : runtime.connect(environmentId, target, target),
    upstreamTls: { trust: site?.trust ?? [] },
    authority,
    workspace: workspaceMount,
    sink: {
      async write(batch) {
        for (const event of batch.testEvents) onTest(event);
        await appendCapture(store, { run, job: jobId, batch });
      },
    },
    onProblem: (text) => emit({ kind: "note", job, text }),
  });
  const laneAddresses = await Promise.all(
    recorder.lanes.map((lane) => runtime.expose(environmentId, { socketPath: socketOf(lane.index), port: 0 })),
  );
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

function isOfSite({ hosts, ports }: ReachableSite, { host, port }: { readonly host: string; readonly port: number }): boolean {
  return hosts.includes(host.toLowerCase()) && ports.includes(port);
}

function dialSite({ address }: ReachableSite, { port, signal }: { readonly port: number; readonly signal: AbortSignal }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const refuse = (error: unknown) => {
      socket.destroy();
      reject(error);
    };
    const onAbort = () => refuse(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", refuse);
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", refuse);
      resolve(socket);
    });
  });
}
