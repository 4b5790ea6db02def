import { setTimeout as wait } from "node:timers/promises";
import type { HealthCheck, ServiceState } from "@dojang/model";
import type { ProbeResult } from "./address-probe.ts";
import { freshTally, nextProbeDelayMs, tallyProbe } from "./health-tally.ts";
import { decideRestart, quietSpellMs } from "./restart-decision.ts";
import { checkOrder, gateOf } from "./start-order.ts";
import { dependencyFailed, endedTooSoon, notReadyInTime, refuseVain, type StartLimits, unhealthy } from "./start-refusals.ts";
import {
  freshEntry,
  hasEnded,
  type RunningProcess,
  type SupervisedEntry,
  type SupervisedService,
  type SupervisedStatus,
  statusOf,
} from "./supervised-entry.ts";
import { SupervisionError } from "./supervision-error.ts";

export interface SupervisorHooks {
  launch(service: string): Promise<RunningProcess>;
  /** Answers within the check's timeout. */
  probe(service: string, check: HealthCheck, signal: AbortSignal): Promise<ProbeResult>;
  onChange(status: SupervisedStatus): void;
  /** A line of Dojang's own in the service's log. */
  say(service: string, text: string): void;
}

const lastOutputCharacters = 2_000;

/**
 * Keeps the services of one environment: starts them in order, probes their health, restarts them by policy, takes them
 * down and brings them up for drills, stops them in reverse order.
 *
 * It knows nothing of how a process is made: the hooks do that, so the same rules hold on every runtime without an
 * engine of its own. States: created -> starting | running -> healthy | unhealthy -> exited | stopped. One attempt of a
 * service is one process; whatever belongs to an attempt ends with its AbortController.
 */
export class ServiceSupervisor {
  readonly #entries: ReadonlyMap<string, SupervisedEntry>;
  readonly #hooks: SupervisorHooks;
  #wakers: (() => void)[] = [];
  #stopped = false;

  constructor(services: readonly SupervisedService[], hooks: SupervisorHooks) {
    this.#entries = new Map(services.map(freshEntry));
    this.#hooks = hooks;
  }

  status(): readonly SupervisedStatus[] {
    return [...this.#entries.values()].map(statusOf);
  }

  /** Resolves when every service is healthy, running or completed. Rejects with a SupervisionError or the signal's reason; the caller then stops. */
  async start(options: StartLimits): Promise<void> {
    checkOrder([...this.#entries.values()].map((entry) => entry.service));
    const deadline = AbortSignal.timeout(options.timeoutMs);
    for (;;) {
      options.signal.throwIfAborted();
      if (deadline.aborted) throw this.#tooLate(options);
      // Asked for before looking, so that a change made while looking is not missed.
      const change = this.#nextChange(AbortSignal.any([options.signal, deadline]));
      // A service that failed says more than the one that waits for it.
      if (this.#settled()) return;
      for (const entry of this.#entries.values()) refuseVain(entry, options);
      this.#advance();
      if (this.#settled()) return;
      await change;
    }
  }

  /** Takes a service down as `stop` would, and keeps it down. */
  async takeDown(name: string): Promise<void> {
    const entry = this.#entry(name);
    entry.onPurpose = true;
    await this.#end(entry);
  }

  /** Brings up what was taken down or has ended; resolves when it is running, or healthy where it has a health check. */
  async bringUp(name: string, signal: AbortSignal): Promise<void> {
    const entry = this.#entry(name);
    if (this.#stopped) return;
    entry.onPurpose = false;
    if (entry.attempt === undefined) this.#launch(entry);
    while (!this.#stopped && entry.state !== "running" && entry.state !== "healthy" && !hasEnded(entry)) {
      await this.#nextChange(signal);
      signal.throwIfAborted();
    }
  }

  /** As `bringUp`, but rejects when the service turns out unhealthy, ends with another code than 0, or is not there in time. */
  async bringUpWell(name: string, options: StartLimits): Promise<void> {
    const entry = this.#entry(name);
    if (this.#stopped) return;
    entry.onPurpose = false;
    entry.vainAttempts = 0;
    if (entry.attempt === undefined) this.#launch(entry);
    const deadline = AbortSignal.timeout(options.timeoutMs);
    while (!this.#stopped && entry.state !== "running" && entry.state !== "healthy") {
      options.signal.throwIfAborted();
      if (deadline.aborted) throw this.#tooLate(options, [entry]);
      if (entry.state === "unhealthy") throw unhealthy(entry);
      refuseVain(entry, options);
      if (hasEnded(entry)) {
        if (entry.exitCode === 0) return;
        throw endedTooSoon(entry);
      }
      await this.#nextChange(AbortSignal.any([options.signal, deadline]));
    }
  }

  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    await this.#entry(name).process?.signal(signal);
  }

  /** In reverse order of dependence; safe twice and at any moment. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#entries.values()].map((entry) => this.#stopInOrder(entry)));
  }

  #entry(name: string): SupervisedEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new SupervisionError({
      code: "unknown-service",
      exit: "configuration",
      message: `there is no service ${name}`,
      fix: `use one of ${[...this.#entries.keys()].join(", ")}`,
    });
  }

  #advance(): void {
    for (const entry of this.#entries.values()) {
      if (entry.state !== "created" || entry.attempt !== undefined || entry.service.held) continue;
      const gate = gateOf(entry.service, (name) => this.#seen(name));
      if (gate.kind === "open") this.#launch(entry);
      if (gate.kind === "shut") throw dependencyFailed(entry.service.name, gate.because);
    }
  }

  #seen(name: string) {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const state: ServiceState = entry.restartPending ? "starting" : entry.state;
    return { state, exitCode: entry.exitCode, hasHealth: entry.service.health !== undefined };
  }

  #settled(): boolean {
    let settled = true;
    for (const entry of this.#entries.values()) {
      if (entry.service.held) continue;
      if (entry.state === "unhealthy") throw unhealthy(entry);
      if (hasEnded(entry) && entry.exitCode !== 0) throw endedTooSoon(entry);
      const ready = entry.state === "healthy" || entry.state === "running" || hasEnded(entry);
      if (!ready || entry.restartPending) settled = false;
    }
    return settled;
  }

  #launch(entry: SupervisedEntry): void {
    const attempt = new AbortController();
    entry.attempt = attempt;
    entry.exitCode = undefined;
    entry.hadEverything = this.#hasEverything(entry);
    this.#set(entry, "starting");
    // Its own failures become states; nothing can reject here.
    void this.#run(entry, attempt.signal);
  }

  /** Whether the others are there, or will only be after it: those that end again and again themselves are not waited for. */
  #hasEverything(entry: SupervisedEntry): boolean {
    return [...this.#entries.values()].every((other) => {
      if (other === entry || other.service.held || other.restarts > 0 || hasEnded(other)) return true;
      return other.state === "healthy" || other.state === "running" || this.#waitsFor(other, entry.service.name);
    });
  }

  #waitsFor(entry: SupervisedEntry, name: string): boolean {
    return entry.service.dependsOn.some(({ service }) => {
      const other = this.#entries.get(service);
      return service === name || (other !== undefined && this.#waitsFor(other, name));
    });
  }

  async #run(entry: SupervisedEntry, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const { name, health } = entry.service;
    let ending = { exitCode: 127 };
    try {
      const process = await this.#hooks.launch(name);
      entry.process = process;
      if (signal.aborted) await process.kill();
      if (health === undefined) this.#set(entry, "running");
      else void this.#watchHealth(entry, health, signal);
      ending = await process.ended;
      await process.kill();
    } catch (error) {
      this.#hooks.say(name, `could not be started: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#ended(entry, { exitCode: ending.exitCode, ranMs: performance.now() - startedAt });
  }

  #ended(entry: SupervisedEntry, ending: { readonly exitCode: number; readonly ranMs: number }): void {
    entry.attempt?.abort();
    entry.attempt = undefined;
    entry.process = undefined;
    entry.exitCode = ending.exitCode;
    const onPurpose = entry.onPurpose || this.#stopped;
    const decision = decideRestart(entry.service.restart, { ...ending, restarts: entry.restarts, onPurpose });
    this.#hooks.say(
      entry.service.name,
      `ended with ${ending.exitCode}${decision.restart ? `, starts again in ${decision.delayMs} ms` : ""}`,
    );
    entry.restartPending = decision.restart;
    const isVain = decision.restart && entry.hadEverything && entry.state !== "healthy" && ending.ranMs < quietSpellMs;
    entry.vainAttempts = isVain ? entry.vainAttempts + 1 : 0;
    this.#set(entry, onPurpose ? "stopped" : "exited");
    if (decision.restart) void this.#restartAfter(entry, decision.delayMs);
  }

  async #restartAfter(entry: SupervisedEntry, delayMs: number): Promise<void> {
    const attempt = new AbortController();
    entry.attempt = attempt;
    await wait(delayMs, undefined, { signal: attempt.signal }).catch(() => {});
    entry.restartPending = false;
    if (attempt.signal.aborted) {
      entry.attempt = undefined;
      this.#set(entry, "stopped");
      return;
    }
    entry.restarts += 1;
    this.#launch(entry);
  }

  async #watchHealth(entry: SupervisedEntry, check: HealthCheck, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    let tally = freshTally;
    for (let probes = 0; !signal.aborted; probes++) {
      await wait(nextProbeDelayMs(tally, check, probes), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const result = await this.#hooks
        .probe(entry.service.name, check, signal)
        .catch((error: unknown) => ({ passed: false, output: error instanceof Error ? error.message : String(error) }));
      if (signal.aborted) return;
      entry.lastHealthOutput = result.output.slice(-lastOutputCharacters);
      tally = tallyProbe(tally, check, { passed: result.passed, sinceStartMs: performance.now() - startedAt });
      if (entry.state !== tally.state) this.#set(entry, tally.state);
    }
  }

  #stopInOrder(entry: SupervisedEntry): Promise<void> {
    entry.stopping ??= (async () => {
      // Only those that were ever started: services that wait for each other never are.
      const started = [...this.#entries.values()].filter((other) => other.attempt !== undefined);
      const dependents = started.filter((other) => other.service.dependsOn.some((one) => one.service === entry.service.name));
      await Promise.all(dependents.map((other) => this.#stopInOrder(other)));
      await this.#end(entry);
    })();
    return entry.stopping;
  }

  async #end(entry: SupervisedEntry): Promise<void> {
    const process = entry.process;
    if (process === undefined) {
      entry.attempt?.abort();
      if (entry.state === "created") this.#set(entry, "stopped");
      while (entry.attempt !== undefined) await this.#nextChange(AbortSignal.timeout(entry.service.stop.graceMs + 1_000));
      return;
    }
    // The spec's signal was checked when the file was read.
    await process.signal(entry.service.stop.signal as NodeJS.Signals);
    // A paused tree does not hear a signal until it goes on.
    await process.signal("SIGCONT");
    const inTime = new AbortController();
    await Promise.race([process.ended, wait(entry.service.stop.graceMs, undefined, { signal: inTime.signal }).catch(() => {})]);
    inTime.abort();
    await process.kill();
    while (entry.process === process) await this.#nextChange(AbortSignal.timeout(1_000));
  }

  #set(entry: SupervisedEntry, state: ServiceState): void {
    entry.state = state;
    this.#hooks.onChange(statusOf(entry));
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", done, { once: true });
      this.#wakers.push(done);
    });
  }

  #tooLate({ timeoutMs }: StartLimits, looked: readonly SupervisedEntry[] = [...this.#entries.values()]): SupervisionError {
    return notReadyInTime(looked, { timeoutMs, seen: (name) => this.#seen(name) });
  }
}
