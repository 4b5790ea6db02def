import { Attribution } from "./attribution.ts";
import type { Authority } from "./authority.ts";
import { type CaptureSink, FactQueue } from "./fact-queue.ts";
import { type Lane, type ListenAt, openLane } from "./lane.ts";
import { defaultRecorderLimits, type RecorderLimits } from "./recorder-limits.ts";
import { now, OpenRecordings, type RecordingOptions } from "./recording.ts";
import { type RedactionRules, redactor } from "./redaction.ts";
import { type Dial, openUpstream, UpstreamAgent, type UpstreamTls } from "./upstream.ts";

/**
 * The recording forward proxy of one environment.
 *
 *   step or browser --(HTTP_PROXY: a lane)--> lane --(dial)--> service
 *                                              |-> Recording -> FactQueue -> sink
 *
 * A lane is a listening socket. Lane 0 belongs to the step; a test worker takes one of the others, so that "which lane" says
 * "which worker", and the worker's begin and end events say "which test". Traffic comes first: when something cannot be
 * recorded it still passes, and `onProblem` says what is missing. The sequence inside: exchange.ts, tunnel.ts, upgrade.ts.
 */
export interface RecorderOptions {
  readonly environment: string;
  /** Listening sockets, at least one: 1 for the step plus one for each test worker that may run at once. */
  readonly lanes: number;
  readonly listen: (lane: number) => ListenAt;
  readonly dial: Dial;
  /** Without it TLS is passed and counted, not opened. */
  readonly authority?: Authority;
  readonly sink: CaptureSink;
  /** Where steps see the workspace: files of tests are told relative to it. */
  readonly workspace?: string;
  readonly redact?: Partial<RedactionRules>;
  readonly limits?: Partial<RecorderLimits>;
  readonly upstreamTls?: Partial<UpstreamTls>;
  readonly onProblem?: (message: string) => void;
}

export interface RecorderStatistics {
  readonly open: number;
  readonly lost: number;
  readonly bodiesDropped: number;
}

export interface Recorder {
  readonly environment: string;
  readonly lanes: readonly Lane[];
  lane(index: number): Lane;
  statistics(): RecorderStatistics;
  /** Tells begin and end from this side, for a runner that the control plane drives itself. */
  readonly tests: Pick<Attribution, "begin" | "end">;
  /** Ends the lanes and what is open on them, then hands over what is left, within `drainMs`. Safe twice. */
  close(): Promise<RecorderStatistics>;
}

/** Resolves when every lane listens. */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  if (!Number.isInteger(options.lanes) || options.lanes < 1) throw new RangeError(`lanes must be at least 1, got ${options.lanes}`);
  const limits = { ...defaultRecorderLimits, ...options.limits };
  const onProblem = options.onProblem ?? (() => undefined);
  const queue = new FactQueue({ ...limits, sink: options.sink, retries: 5, onProblem });
  const attribution = new Attribution({ workspace: options.workspace, onEvent: (event) => queue.addEvent(event), now });
  const recordings = new OpenRecordings();
  const recording: RecordingOptions = {
    environment: options.environment,
    bodyCapBytes: limits.bodyCapBytes,
    redact: redactor(options.redact),
    queue,
    onProblem,
  };
  const upstream = {
    dial: options.dial,
    dialTimeoutMs: limits.dialTimeoutMs,
    tls: {
      policy: options.upstreamTls?.policy ?? "verify",
      trust: [...(options.upstreamTls?.trust ?? []), ...(options.authority ? [options.authority.certificatePem] : [])],
    },
  } as const;
  const open = (origin: Parameters<typeof openUpstream>[0]) => openUpstream(origin, upstream);
  const agent = new UpstreamAgent(open, "shared");
  const shared = {
    upstream,
    authority: options.authority,
    refused: new Set<string>(),
    limits,
    attribution,
    recording,
    recordings,
    open,
    agent,
    onProblem,
  };
  const lanes: Lane[] = [];
  try {
    for (let index = 0; index < options.lanes; index++) lanes.push(await openLane({ ...shared, index, at: options.listen(index) }));
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
  const statistics = () => ({ open: recordings.count, lost: queue.lost, bodiesDropped: queue.bodiesDropped });
  const close = async () => {
    await Promise.all(lanes.map((lane) => lane.close()));
    recordings.endAll("the recorder closed before the answer ended");
    agent.destroy();
    await recordings.settled();
    await queue.drain(AbortSignal.timeout(limits.drainMs));
    return statistics();
  };
  let closing: Promise<RecorderStatistics> | undefined;
  return {
    environment: options.environment,
    lanes,
    lane(index) {
      const lane = lanes[index];
      if (lane === undefined) throw new RangeError(`lane must be below ${lanes.length}, got ${index}`);
      return lane;
    },
    statistics,
    tests: attribution,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
