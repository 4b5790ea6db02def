import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentSpec, Limits } from "@dojang/model";
import type { ExecRequest, ExecResult } from "../contract.ts";
import { isAlive as isSame } from "../supervision/process-tree.ts";
import { agentPlaces, egressPort, type PodMount, type PodPlan } from "./agent/pod-plan.ts";
import { runTool } from "./agent/run-tool.ts";
import { askAgent } from "./agent-connection.ts";
import { asGuest, guestOwnership } from "./guest-user.ts";
import { findHostLimits, makeGroups } from "./host-groups.ts";
import type { HostView } from "./host-view.ts";
import { launchPod } from "./launch-pod.ts";
import { groupPlace } from "./outer-sandbox.ts";
import { completeMember } from "./plan-member.ts";
import { expected, forwardOutput } from "./pod-exec.ts";
import { listMarks, makePodFolder, type PodPaths, podPaths, sweepUnmarked, thisProcess } from "./pod-folder.ts";
import type { PodSources } from "./pod-sources.ts";
import { removePod } from "./remove-pod.ts";
import type { Toolbox } from "./toolbox.ts";

/**
 * A pod without services, in which Dojang has something made by guests: a build, a template of a data directory. It lives
 * as long as the work, in a folder apart from environments, and what a killed Dojang left of one goes at the next.
 */
export interface JobPod {
  readonly paths: PodPaths;
  exec(request: Omit<ExecRequest, "service">): Promise<ExecResult>;
  digest(inside: string): Promise<{ readonly digest: string; readonly sizeBytes: number }>;
}

export interface JobPodRequest {
  readonly home: string;
  readonly purpose: string;
  readonly project: string;
  readonly toolbox: Toolbox;
  readonly host: HostView;
  readonly limits: Limits;
  /** Folders made in the pod's own place on disk and mounted writable: `{ tree: "/app" }`. */
  readonly folders: Readonly<Record<string, string>>;
  /** Folders of the host shown writable, owned by the guests' user: caches. */
  readonly caches: readonly { readonly from: string; readonly path: string }[];
  readonly readOnly: readonly { readonly path: string; readonly kind: "folder" | "file" }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Listens on the socket it is given, for as long as the pod lives. */
  readonly egress?: (socketPath: string) => Promise<() => Promise<void>>;
  readonly signal: AbortSignal;
}

const memberName = "job";
const egressSocket = "egress.sock";

export async function withJobPod<T>(
  request: JobPodRequest,
  prepare: (paths: PodPaths) => Promise<void>,
  work: (pod: JobPod) => Promise<T>,
): Promise<T> {
  const home = join(request.home, "jobs");
  await sweepDead(home);
  const id = `${request.purpose}-${randomBytes(6).toString("hex")}`;
  const paths = await makePodFolder(home, {
    id,
    project: request.project,
    startedAt: Date.now(),
    starter: await thisProcess(),
    services: [],
  });
  let closeEgress: (() => Promise<void>) | undefined;
  try {
    for (const name of Object.keys(request.folders)) await makeGuestFolder(join(paths.guest, "disk", name));
    await prepare(paths);
    closeEgress = await request.egress?.(join(paths.sockets, egressSocket));
    await launch(id, paths, request);
    await askAgent(paths.control, { op: "watch" }, { signal: request.signal });
    return await work(jobPod(paths, request.signal));
  } finally {
    await closeEgress?.();
    await removePod(paths, id);
  }
}

async function launch(id: string, paths: PodPaths, request: JobPodRequest): Promise<void> {
  const { groups, enter, wrapper } = await makeGroups(await findHostLimits(), paths.folder, request.limits);
  const caches = request.caches.map((one, index) => ({ ...one, place: `/caches/${index}` }));
  const plan = { ...planJob(id, request, caches), groups: groups.map((group, index) => ({ ...group, folder: groupPlace(index) })) };
  const lower = request.readOnly.map(({ path }) => ({ from: path, path: join("/lower", path) }));
  const writable = caches.map(({ from, place }) => ({ from, path: place }));
  const outer = { paths, toolbox: { ...request.toolbox, shared: [] }, host: request.host, lower, writable, groups };
  await launchPod({ outer, plan, enter, wrapper, signal: request.signal });
}

function planJob(id: string, request: JobPodRequest, caches: readonly { readonly place: string; readonly path: string }[]): PodPlan {
  const spec: EnvironmentSpec = {
    id,
    project: request.project,
    kind: "job",
    services: [],
    volumes: [],
    egress: { kind: "none" },
    extraHosts: {},
    trusted: false,
    limits: request.limits,
    startTimeoutMs: 60_000,
  };
  const sources: PodSources = { built: new Map(), templates: new Map(), binds: new Map(), readOnly: request.readOnly };
  const mounts: PodMount[] = [
    ...Object.entries(request.folders).map(([name, path]) => ({ from: join("/pod/disk", name), path, readOnly: false })),
    ...caches.map(({ place, path }) => ({ from: place, path, readOnly: false })),
  ];
  const member = completeMember(
    { spec, sources, host: request.host, shared: [] },
    {
      name: memberName,
      index: 0,
      aliases: [],
      user: { id: 1000, name: "app" },
      environment: request.environment,
      directory: request.directory,
      mounts,
      writable: [],
      writtenFiles: [{ path: "/etc/hosts", content: "127.0.0.1 localhost\n", mode: 0o644 }],
      limits: request.limits,
    },
  );
  const egress = request.egress && { port: egressPort, socketPath: join(agentPlaces.sockets, egressSocket) };
  return {
    id,
    members: [member],
    services: [],
    volumes: [],
    startTimeoutMs: 60_000,
    groups: [],
    diskBytes: request.limits.diskBytes ?? 64 * 1024 ** 3,
    egress,
  };
}

function jobPod(paths: PodPaths, signal: AbortSignal): JobPod {
  return {
    paths,
    async exec({ stdin, onOutput, ...request }) {
      const run = { ...request, member: memberName, stdin: stdin && Buffer.from(stdin).toString("base64") };
      const { kind: _, ...result } = expected(
        await askAgent(paths.control, { op: "exec", run }, { signal, onReply: forwardOutput(onOutput) }),
        "ended",
      );
      return result;
    },
    async digest(inside) {
      const { digest, sizeBytes } = expected(
        await askAgent(paths.control, { op: "digest", path: join("/pod/disk", inside) }, { signal }),
        "digest",
      );
      return { digest, sizeBytes };
    },
  };
}

/** Takes away what a killed Dojang left of such pods. */
export async function sweepJobPods(home: string): Promise<void> {
  await sweepDead(join(home, "jobs"));
}

async function sweepDead(home: string): Promise<void> {
  await sweepUnmarked(home);
  for (const mark of await listMarks(home)) {
    if (!(await isSame(mark.starter))) await removePod(podPaths(home, mark.id), mark.id);
  }
}

/** Inside a folder of the guests': made by their user, so that it is theirs. */
export async function makeGuestFolder(path: string): Promise<void> {
  if (guestOwnership() === undefined) await mkdir(path, { recursive: true });
  else await runTool(asGuest(["mkdir", "-p", path]));
}
