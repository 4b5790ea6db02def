import { randomUUID } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../../contract.ts";
import { SupervisionError } from "../../supervision/supervision-error.ts";
import { DelayProxy } from "./delay-proxy.ts";
import { volumeFolder } from "./member-root.ts";
import type { Pod } from "./pod.ts";
import { inNetworkOf, linkOf } from "./pod-network.ts";
import { agentPlaces, gatewayAddress, type PodMember } from "./pod-plan.ts";
import { mustRun, runTool } from "./run-tool.ts";

type Heal = () => Promise<void>;

/** Injects faults and knows how to undo each: `heal` of a token that is unknown or healed succeeds. */
export class Faults {
  readonly #pod: Pod;
  readonly #heals = new Map<string, Promise<Heal>>();
  readonly #delays = new Map<string, DelayProxy>();

  constructor(pod: Pod) {
    this.#pod = pod;
  }

  async inject(fault: Fault, signal: AbortSignal): Promise<string> {
    const token = randomUUID();
    const made = this.#make(fault, signal);
    this.#heals.set(token, made);
    await made.catch((error: unknown) => {
      this.#heals.delete(token);
      throw error;
    });
    return token;
  }

  async heal(token: string): Promise<void> {
    const made = this.#heals.get(token);
    this.#heals.delete(token);
    if (made !== undefined) await (await made)();
  }

  /** Where the control plane has to dial so that a latency holds for it too. */
  delayedTarget(service: string, port: number): { host: string; port: number } | undefined {
    const proxied = this.#delays.get(service)?.portFor(port);
    return proxied === undefined ? undefined : { host: gatewayAddress, port: proxied };
  }

  #make(fault: Fault, signal: AbortSignal): Promise<Heal> {
    switch (fault.kind) {
      case "stop":
        return this.#stop(fault.service, signal);
      case "pause":
        return this.#pause(fault.service);
      case "kill":
        return this.#kill(fault.service, fault.signal ?? "SIGKILL");
      case "offline":
        return this.#offline(this.#pod.member(fault.service));
      case "cut":
        return this.#cut(this.#pod.member(fault.from), this.#pod.member(fault.to));
      case "latency":
        return this.#latency(this.#pod.member(fault.service), fault);
      case "loss":
        return this.#loss(this.#pod.member(fault.service), fault.fraction);
      case "disk-full":
        return this.#diskFull(this.#pod.member(fault.service));
    }
  }

  async #stop(service: string, signal: AbortSignal): Promise<Heal> {
    await this.#pod.supervisor.takeDown(service);
    return () => this.#pod.supervisor.bringUp(service, signal.aborted ? AbortSignal.timeout(60_000) : signal);
  }

  async #pause(service: string): Promise<Heal> {
    const process = this.#running(service);
    await process.pause();
    return () => process.resume();
  }

  async #kill(service: string, signal: string): Promise<Heal> {
    // The name comes from the contract's caller; Node refuses one it does not know.
    await this.#running(service).signal(signal as NodeJS.Signals);
    return async () => {};
  }

  #running(service: string) {
    this.#pod.member(service);
    const process = this.#pod.process(service);
    if (process !== undefined) return process;
    throw new SupervisionError({
      code: "service-not-running",
      exit: "configuration",
      message: `service ${service} is not running, so it can be neither paused nor killed`,
      fix: "inject the fault while the service runs",
    });
  }

  async #offline(member: PodMember): Promise<Heal> {
    await mustRun(["ip", "link", "set", linkOf(member), "down"]);
    return () => mustRun(["ip", "link", "set", linkOf(member), "up"]).then(() => {});
  }

  async #cut(from: PodMember, to: PodMember): Promise<Heal> {
    return this.#rules([{ member: from, table: "filter", rule: ["OUTPUT", "-d", to.address, "-j", "DROP"] }]);
  }

  async #loss(member: PodMember, fraction: number): Promise<Heal> {
    const lose = ["-m", "statistic", "--mode", "random", "--probability", String(fraction), "-j", "DROP"];
    return this.#rules([
      { member, table: "filter", rule: ["INPUT", "-i", "eth0", ...lose] },
      { member, table: "filter", rule: ["OUTPUT", "-o", "eth0", ...lose] },
    ]);
  }

  async #latency(member: PodMember, fault: { delayMs: number; jitterMs?: number }): Promise<Heal> {
    const jitter = fault.jitterMs === undefined ? [] : [`${fault.jitterMs}ms`];
    const shape = ["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", `${fault.delayMs}ms`, ...jitter];
    if ((await runTool(inNetworkOf(member, shape))).exitCode === 0) {
      return () => runTool(inNetworkOf(member, ["tc", "qdisc", "del", "dev", "eth0", "root"])).then(() => {});
    }
    return this.#latencyByProxy(member, fault);
  }

  /** Without netem: new connections to the service's ports are sent through a proxy that holds every chunk back. */
  async #latencyByProxy(member: PodMember, fault: { delayMs: number; jitterMs?: number }): Promise<Heal> {
    const ports = this.#pod.service(member.name)?.ports ?? [];
    const proxy = await DelayProxy.listen({ host: member.address, ports, ...fault });
    const others = this.#pod.plan.members.filter((one) => one !== member);
    const rules = others.flatMap((other) =>
      ports.map((port) => ({
        member: other,
        table: "nat" as const,
        rule: [
          "OUTPUT",
          ...["-d", member.address, "-p", "tcp", "--dport", String(port)],
          ...["-j", "DNAT", "--to-destination", `${gatewayAddress}:${proxy.portFor(port)}`],
        ],
      })),
    );
    const removeRules = await this.#rules(rules);
    this.#delays.set(member.name, proxy);
    this.#pod.say(member.name, "latency holds for new connections only: this kernel has no netem");
    return async () => {
      await removeRules();
      if (this.#delays.get(member.name) === proxy) this.#delays.delete(member.name);
      proxy.retire();
    };
  }

  async #rules(rules: readonly { member: PodMember; table: "filter" | "nat"; rule: readonly string[] }[]): Promise<Heal> {
    const change = (verb: "-I" | "-D") =>
      Promise.all(
        rules.map(({ member, table, rule }) => mustRun(inNetworkOf(member, ["iptables", "-w", "-t", table, verb, ...rule]))),
      ).then(() => {});
    await change("-I");
    return () => change("-D");
  }

  /** Shrinks the memory file systems to what is in them: the next write fails as on a full disk, and costs nothing. */
  async #diskFull(member: PodMember): Promise<Heal> {
    const mounted = new Set(member.mounts.filter((mount) => !mount.readOnly).map((mount) => mount.from));
    const volumes = this.#pod.plan.volumes.filter((volume) =>
      [...mounted].some((from) => from === volumeFolder(volume.name) || from.startsWith(`${volumeFolder(volume.name)}/`)),
    );
    const onDisk = volumes.filter((volume) => volume.kind === "disk");
    if (onDisk.length > 0) throw notFillable(member.name, onDisk[0]?.name ?? "");
    const places = [
      { folder: join(agentPlaces.scratch, member.key), sizeBytes: member.scratchBytes },
      ...volumes.map((volume) => ({ folder: volumeFolder(volume.name), sizeBytes: volume.sizeBytes })),
    ];
    await Promise.all(places.map(({ folder }) => shrinkToContent(folder)));
    return () => Promise.all(places.map(({ folder, sizeBytes }) => resize(folder, sizeBytes))).then(() => {});
  }
}

const shrinkAttempts = 20;

/** A service that writes meanwhile makes the size too small for what is there, which the kernel refuses: look again. */
async function shrinkToContent(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { blocks, bfree, bsize } = await statfs(folder);
    const usedBytes = (blocks - bfree) * bsize;
    // Size 0 would mean "no limit".
    const result = await runTool(["mount", "-o", `remount,size=${Math.max(usedBytes, bsize)}`, "tmpfs", folder]);
    if (result.exitCode === 0) return;
    if (attempt === shrinkAttempts) throw new Error(`${folder} could not be made full: ${result.output.trim()}`);
  }
}

async function resize(folder: string, sizeBytes: number): Promise<void> {
  await mustRun(["mount", "-o", `remount,size=${sizeBytes}`, "tmpfs", folder]);
}

function notFillable(service: string, volume: string): SupervisionError {
  return new SupervisionError({
    code: "fault-not-possible",
    exit: "configuration",
    message: `disk-full on ${service}: its volume ${volume} lies on the disk of this machine, which Dojang does not fill`,
    fix: "drill disk-full in a preview environment, where volumes are memory file systems",
  });
}
