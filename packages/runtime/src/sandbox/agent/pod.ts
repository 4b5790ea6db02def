import { randomUUID } from "node:crypto";
import type { HealthCheck } from "@dojang/model";
import type { ExecResult, ServiceStats } from "../../contract.ts";
import { type ProbeResult, probeAddress } from "../../supervision/address-probe.ts";
import type { SpoolWriter } from "../../supervision/line-spool.ts";
import { runCommand } from "../../supervision/run-command.ts";
import { ServiceSupervisor } from "../../supervision/service-supervisor.ts";
import type { SupervisedStatus } from "../../supervision/supervised-entry.ts";
import { SupervisionError, type SupervisionFault } from "../../supervision/supervision-error.ts";
import { groupMemoryBytes, makeMemberGroups, memberGroups } from "./control-groups.ts";
import type { AskedHost } from "./egress-gate.ts";
import { wrapCommand } from "./member-command.ts";
import { makeMember, makeVolumes } from "./member-root.ts";
import { memberStats } from "./member-stats.ts";
import { makeNetwork } from "./pod-network.ts";
import type { AgentExec, PodMember, PodPlan, PodService, PodState } from "./pod-plan.ts";
import { isWrapper, processesByMember } from "./processes-of.ts";
import { type ServiceProcess, serviceInfoDescriptor, startService } from "./service-process.ts";

/** Output of one exec: raw bytes as they come. */
export type OnOutput = (chunk: { stream: "stdout" | "stderr"; data: Uint8Array }) => void;

/** In place of a service's name. */
const egressLog = "(egress)";

/** A host outside, with the service that asked for it; without one it was a step. */
export type AskedBy = Omit<AskedHost, "from"> & { readonly service?: string };
const healthOutputBytes = 16 * 1024;

/** The environment as the agent keeps it: members, their processes, and who wants to hear of changes. */
export class Pod {
  readonly plan: PodPlan;
  readonly supervisor: ServiceSupervisor;
  readonly #spool: SpoolWriter;
  readonly #members: ReadonlyMap<string, PodMember>;
  readonly #services: ReadonlyMap<string, PodService>;
  readonly #processes = new Map<string, ServiceProcess>();
  readonly #watchers = new Set<(status: SupervisedStatus | undefined) => void>();
  readonly #egressWatchers = new Set<(asked: AskedBy) => void>();
  #state: PodState = "starting";
  #fault: SupervisionFault | undefined;

  constructor(plan: PodPlan, spool: SpoolWriter) {
    this.plan = plan;
    this.#spool = spool;
    this.#members = new Map(plan.members.map((member) => [member.name, member]));
    this.#services = new Map(plan.services.map((service) => [service.name, service]));
    this.supervisor = new ServiceSupervisor(plan.services, {
      launch: (name) => this.#launch(name),
      probe: (name, check, signal) => this.#probe(name, check, signal),
      onChange: (status) => this.#tell(status),
      say: (service, text) => void this.#spool.write({ service, stream: "system", text }),
    });
  }

  get state(): PodState {
    return this.#state;
  }

  get fault(): SupervisionFault | undefined {
    return this.#fault;
  }

  /** Makes everything and starts the services; `onNetwork` runs when the gateway's address is there. Never rejects: how it went is `state` and `fault`. */
  async start(signal: AbortSignal, onNetwork: () => Promise<void>): Promise<void> {
    try {
      for (const member of this.plan.members) await makeMemberGroups(this.plan.groups, member);
      await Promise.all([makeNetwork(this.plan.members).then(onNetwork), this.#makeRoots()]);
      await this.supervisor.start({ timeoutMs: this.plan.startTimeoutMs, signal });
      if (this.#state === "starting") this.#state = "running";
    } catch (error) {
      this.#state = "failed";
      this.#fault = faultOf(error);
    }
    await this.#spool.flush();
    this.#tell(undefined);
  }

  async stop(): Promise<void> {
    this.#state = "stopping";
    await this.supervisor.stop();
    await this.#spool.flush();
  }

  /** Resolves when what services wrote before the call can be read: a look at all pipes, then the spool. */
  async flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    await this.#spool.flush();
  }

  /** Calls back at every change until the returned function is called; with undefined when the start has ended. */
  watch(onChange: (status: SupervisedStatus | undefined) => void): () => void {
    this.#watchers.add(onChange);
    return () => void this.#watchers.delete(onChange);
  }

  /** A host outside was asked for: a line of its own log, and news for whoever watches. */
  asked({ from, ...asked }: AskedHost): void {
    const member = this.plan.members.find((one) => one.address === from)?.name;
    // The workspace is no service: what steps and their browsers ask for is nobody's in particular.
    const service = member !== undefined && this.#services.has(member) ? member : undefined;
    this.say(
      egressLog,
      `${asked.host}:${asked.port} ${asked.allowed ? "let through" : "refused"}${service === undefined ? "" : `, asked by ${service}`}`,
    );
    for (const watcher of this.#egressWatchers) watcher({ ...asked, service });
  }

  watchEgress(onAsked: (asked: AskedBy) => void): () => void {
    this.#egressWatchers.add(onAsked);
    return () => void this.#egressWatchers.delete(onAsked);
  }

  member(name: string): PodMember {
    const member = this.#members.get(name);
    if (member !== undefined) return member;
    throw new SupervisionError({
      code: "unknown-service",
      exit: "configuration",
      message: `there is no service ${name}`,
      fix: `use one of ${[...this.#services.keys()].join(", ")}`,
    });
  }

  service(name: string): PodService | undefined {
    return this.#services.get(name);
  }

  process(name: string): ServiceProcess | undefined {
    return this.#processes.get(name);
  }

  say(service: string, text: string): void {
    this.#spool.write({ service, stream: "system", text });
  }

  async exec(run: AgentExec, onOutput: OnOutput, signal: AbortSignal): Promise<ExecResult> {
    const member = this.member(run.member);
    const exec = randomUUID();
    const command = await wrapCommand(member, {
      // The shell reports a command that is not there as 127, as everywhere.
      argv: ["/bin/sh", "-c", 'exec "$@"', "sh", ...run.command],
      environment: { ...member.environment, ...run.environment, DOJANG_EXEC: exec },
      directory: run.directory ?? member.directory,
      join: this.#joined(member),
      groups: memberGroups(this.plan.groups, member),
      limits: this.#limitsOf(member),
    });
    try {
      return await runCommand({
        argv: command.argv,
        environment: command.environment,
        timeoutMs: run.timeoutMs,
        outputLimitBytes: run.outputLimitBytes,
        stdin: run.stdin === undefined ? undefined : Buffer.from(run.stdin, "base64"),
        onOutput,
        signal,
        mark: `DOJANG_EXEC=${exec}`,
      });
    } finally {
      await command.release();
    }
  }

  async stats(): Promise<readonly ServiceStats[]> {
    const processes = await processesByMember(this.plan.members);
    return Promise.all(
      this.plan.services.map(async (service) => {
        const stats = memberStats(
          service.name,
          (processes.get(service.name) ?? []).filter((one) => !isWrapper(one)),
        );
        const counted = await groupMemoryBytes(this.plan.groups, this.member(service.name));
        return { ...stats, memoryBytes: stats.processes === 0 ? 0 : Math.max(counted ?? 0, stats.memoryBytes) };
      }),
    );
  }

  async #makeRoots(): Promise<void> {
    await makeVolumes(this.plan.volumes);
    await Promise.all(this.plan.members.map((member) => makeMember(member, this.plan)));
  }

  async #launch(name: string): Promise<ServiceProcess> {
    const member = this.member(name);
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`${name} is not a service`);
    const command = await wrapCommand(member, {
      argv: service.argv,
      environment: member.environment,
      directory: member.directory,
      infoDescriptor: serviceInfoDescriptor,
      groups: memberGroups(this.plan.groups, member),
      limits: this.#limitsOf(member),
    });
    const process = await startService(command, (stream, text) => void this.#spool.write({ service: name, stream, text }));
    this.#processes.set(name, process);
    void process.ended.then(() => {
      if (this.#processes.get(name) === process) this.#processes.delete(name);
    });
    return process;
  }

  #probe(name: string, check: HealthCheck, signal: AbortSignal): Promise<ProbeResult> {
    const { probe, timeoutMs } = check;
    if (probe.kind === "http" || probe.kind === "tcp") {
      // As another service would ask: one that listens on its own loopback only is of no use to the others.
      return probeAddress(probe, { host: this.member(name).address, timeoutMs, signal });
    }
    const command = probe.kind === "shell" ? ["/bin/sh", "-c", probe.command] : probe.command;
    return this.#probeByCommand(name, command, { timeoutMs, signal });
  }

  async #probeByCommand(
    name: string,
    command: readonly string[],
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ProbeResult> {
    let output = "";
    const keep: OnOutput = (chunk) => {
      output += Buffer.from(chunk.data).toString();
    };
    const run = { member: name, command, environment: {}, timeoutMs, outputLimitBytes: healthOutputBytes };
    const result = await this.exec(run, keep, signal);
    const ending = result.timedOut ? `no answer within ${timeoutMs} ms` : `exit code ${result.exitCode}`;
    return { passed: result.exitCode === 0, output: `${output.trim()}${output.trim() === "" ? "" : "\n"}${ending}` };
  }

  /** A command for a service runs beside it; the workspace has no process of its own to join. */
  #joined(member: PodMember): number | undefined {
    if (!this.#services.has(member.name)) return undefined;
    const inner = this.#processes.get(member.name)?.innerPid;
    if (inner !== undefined) return inner;
    throw new SupervisionError({
      code: "service-not-running",
      exit: "infrastructure",
      message: `service ${member.name} is not running`,
      fix: `read the log of ${member.name}`,
    });
  }

  #limitsOf(member: PodMember): { pids?: number; fileBytes?: number } {
    // Where a group counts processes it does so for the member alone; the limit of the user counts every guest.
    const counted = this.plan.groups.some((group) => group.controllers.includes("pids"));
    return { pids: counted ? undefined : member.pids, fileBytes: this.plan.diskBytes };
  }

  #tell(status: SupervisedStatus | undefined): void {
    for (const watcher of this.#watchers) watcher(status);
  }
}

export function faultOf(error: unknown): SupervisionFault {
  if (error instanceof SupervisionError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  return { code: "sandbox-failed", exit: "infrastructure", message, fix: "run `dojang doctor` to see what this machine lacks" };
}
