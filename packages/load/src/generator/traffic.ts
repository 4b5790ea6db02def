import { setTimeout as wait } from "node:timers/promises";
import type { LoadPlan, UserStage } from "../plan/load-plan.ts";
import { createSessions, type Session } from "../scenario/session.ts";
import { loadVisit } from "../script/load-visit.ts";
import type { ScriptFacts } from "../script/script-facts.ts";
import { createScriptTraffic, type ScriptTraffic } from "../script/script-traffic.ts";
import { createArrivals } from "./arrivals.ts";
import { createConnectionPool } from "./connection-pool.ts";
import { createRandom } from "./random.ts";
import { createTrafficRecorder, type SecondOfThread, type ThreadFacts } from "./traffic-recorder.ts";
import { createTurns, type WhenOver } from "./turns.ts";
import { createWebSockets } from "./web-sockets.ts";

/**
 * The traffic of one thread.
 *
 *   arrivals or users -> turn (the next request of a session) -> connection pool -> answer -> recorder
 *
 * Open model: each arrival takes a session that is ready, else begins one, so the asked rate is kept whatever the server does.
 * A tick each millisecond starts what is due; how late it was is the generator's lag. Latency counts from the intended start
 * when the request had to wait for a connection, else from the moment it was sent: a stall of the server is seen by every
 * request that it delayed, and the generator's own tick is not charged to the server.
 * Closed model: each user waits for its answer, thinks, and asks again.
 */
export interface TrafficOptions {
  readonly plan: LoadPlan;
  readonly share: { readonly thread: number; readonly of: number };
  readonly signal: AbortSignal;
  /** Called when the judged part begins; everything in facts counts from here. */
  readonly onStart?: () => void;
  readonly onSecond?: (second: TrafficSecond) => void;
}

export interface TrafficSecond extends SecondOfThread {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly connections: number;
  /** Of its requests, when a script makes them up. */
  readonly names?: readonly string[];
}

export interface TrafficEnd {
  readonly facts: ThreadFacts;
  readonly durationMs: number;
  readonly connectionsPeak: number;
  readonly names?: readonly string[];
  readonly script?: ScriptFacts;
}

const tickMs = 1;
const expireEveryMs = 20;

/** Resolves when every request has ended or timed out. Aborting ends what is open as `unfinished`. */
export async function makeTraffic({ plan, share, signal, onStart, onSecond }: TrafficOptions): Promise<TrafficEnd> {
  const { module } = plan.scenario;
  const visit = module === undefined ? undefined : await loadVisit(module);
  const random = createRandom(plan.seed * 1000 + share.thread);
  const sessions = createSessions(plan.scenario, { target: plan.target, share, random });
  const pool = createConnectionPool({
    target: plan.target,
    limits: { ...plan.connections, max: shareOf(plan.connections.max, share) },
    timeoutMs: plan.timeoutMs,
    maxWaiting: 200_000,
  });
  const newRecorder = () =>
    createTrafficRecorder({
      requests: (script?.names.all ?? sessions.names).length,
      maxSamples: Math.ceil(plan.samples.max / share.of),
      seed: plan.seed,
    });
  const sockets = plan.scenario.flows.some((flow) => flow.requests.some((request) => request.socket !== undefined))
    ? createWebSockets({ target: plan.target, max: shareOf(plan.connections.max, share), timeoutMs: plan.timeoutMs })
    : undefined;
  let script: ScriptTraffic | undefined;
  let recorder = newRecorder();
  let startedAt = performance.now();
  const thinking = new Set<NodeJS.Timeout>();
  const ready: Session[] = [];

  const turns = createTurns({ plan, pool, sockets, recorder, startedAt });
  const { ask } = turns;
  if (visit !== undefined && module !== undefined) {
    script = createScriptTraffic({
      plan,
      visit,
      module,
      share,
      ask: (session, request, intendedAt) => ask(session, request, intendedAt, () => undefined),
      onNewName: () => recorder.addRequest(),
      onFlaw: (request, error) => recorder.flaw(request, error),
      onMissing: (request, intendedAt) => {
        recorder.asked(request);
        recorder.started();
        recorder.ended({ ...missing, request, intendedMs: intendedAt - startedAt });
      },
    });
  }
  const after = (ms: number, act: () => void): void => {
    if (ms <= 0) {
      act();
      return;
    }
    const timer = setTimeout(() => {
      thinking.delete(timer);
      act();
    }, ms);
    thinking.add(timer);
  };

  const arrive = (intendedAt: number): void => {
    let session = ready.shift();
    let request = session?.next();
    if (session === undefined || request === undefined) {
      session = sessions.begin();
      request = session.next();
      if (request === undefined) return;
    }
    ask(session, request, intendedAt, getReady);
  };
  const getReady: WhenOver = (again) => {
    if (again?.lasts && again.next() !== undefined) after(again.thinkMs(), () => void (isOver ? sockets?.leave(again) : ready.push(again)));
  };
  let isOver = false;
  /** No request follows any more: what sessions hold open is for those that still wait. */
  const endSessions = (): void => {
    isOver = true;
    script?.finish();
    if (sockets !== undefined) for (const session of ready) sockets.leave(session);
  };

  const useUser = (isWanted: () => boolean, leave: () => void): void => {
    const step = (current: Session | undefined, now: number): void => {
      const session = current?.next() === undefined ? sessions.begin() : current;
      const request = session.next();
      if (request === undefined || !isWanted() || signal.aborted) {
        sockets?.leave(session);
        leave();
        return;
      }
      const thinkMs = session.thinkMs();
      if (thinkMs <= 0) ask(session, request, now, askAgain);
      else {
        after(thinkMs, () => {
          if (signal.aborted) leave();
          else ask(session, request, performance.now(), askAgain);
        });
      }
    };
    const askAgain: WhenOver = (session, now) => {
      // A failure that comes at once must not call itself without end.
      if (session === undefined) setTimeout(() => step(undefined, performance.now()), 1);
      else step(session, now);
    };
    step(undefined, performance.now());
  };

  const openPhase = async (
    stages: readonly { fromPerSecond: number; toPerSecond: number; forMs: number }[],
    arrivalKind: "even" | "poisson",
  ): Promise<void> => {
    const arrivals = createArrivals(stages, { arrivals: arrivalKind, share, random });
    const endMs = stages.reduce((sum, stage) => sum + stage.forMs, 0);
    let due = arrivals.next();
    await ticking((elapsed) => {
      for (; due !== undefined && due <= elapsed; due = arrivals.next()) {
        recorder.lag(elapsed - due);
        if (script === undefined) arrive(startedAt + due);
        else script.arrive(startedAt + due);
      }
      return due === undefined && elapsed >= endMs;
    });
  };

  const closedPhase = async (stages: readonly UserStage[]): Promise<void> => {
    let users = 0;
    let wanted = 0;
    const endMs = stages.reduce((sum, stage) => sum + stage.forMs, 0);
    await ticking((elapsed) => {
      wanted = elapsed >= endMs ? 0 : shareOf(Math.round(usersAt(stages, elapsed)), share);
      for (; users < wanted; users++) {
        (script?.useUser ?? useUser)(
          () => users <= wanted,
          () => void users--,
        );
      }
      return elapsed >= endMs;
    });
    wanted = 0;
  };

  /** Calls `step` each tick with ms since `startedAt` until it says true or the run is aborted. */
  const ticking = (step: (elapsed: number) => boolean): Promise<void> =>
    new Promise((resolve) => {
      let nextExpire = 0;
      const tick = (): void => {
        const now = performance.now();
        const elapsed = now - startedAt;
        if (signal.aborted || step(elapsed)) {
          resolve();
          return;
        }
        if (elapsed >= nextExpire) {
          pool.expire(now);
          sockets?.expire(now);
          nextExpire = elapsed + expireEveryMs;
        }
        emitSeconds(elapsed);
        setTimeout(tick, tickMs);
      };
      tick();
    });

  let nextSecond = 1000;
  let judged = false;
  const emitSeconds = (elapsed: number): void => {
    if (elapsed < nextSecond) return;
    const second = recorder.second();
    if (judged) onSecond?.({ ...second, ...named(), at: nextSecond - 1000, inFlight: turns.inFlight, ...openNow() });
    nextSecond = Math.floor(elapsed / 1000) * 1000 + 1000;
  };
  const openNow = () => ({ waiting: pool.waiting + (sockets?.waiting ?? 0), connections: pool.open + (sockets?.open ?? 0) });
  const named = () => (script === undefined ? {} : { names: [...script.names.all] });
  const settle = (): Promise<void> => ticking(() => turns.inFlight === 0 && thinking.size === 0);

  try {
    if (plan.warmUp !== undefined) {
      const { ratePerSecond, forMs } = plan.warmUp;
      if (plan.traffic.model === "open") await openPhase([{ fromPerSecond: ratePerSecond, toPerSecond: ratePerSecond, forMs }], "even");
      else {
        const users = Math.max(1, plan.traffic.stages[0]?.fromUsers ?? 1);
        await closedPhase([{ fromUsers: users, toUsers: users, forMs }]);
      }
      await settle();
    }
    recorder = newRecorder();
    const startIn = plan.startAtMs === undefined ? 0 : plan.startAtMs - (performance.timeOrigin + performance.now());
    if (startIn > 0) await wait(startIn, undefined, { signal }).catch(() => undefined);
    // The moment that was agreed on, also when this process comes a little late to it.
    startedAt = performance.now() + Math.min(0, startIn);
    turns.countWith(recorder, startedAt);
    nextSecond = 1000;
    judged = true;
    onStart?.();
    script?.startJudging();
    if (plan.traffic.model === "open") await openPhase(plan.traffic.stages, plan.traffic.arrivals);
    else await closedPhase(plan.traffic.stages);
    const durationMs = performance.now() - startedAt;
    endSessions();
    await settle();
    pool.close("unfinished");
    sockets?.close("unfinished");
    const last = recorder.second();
    onSecond?.({ ...last, ...named(), at: nextSecond - 1000, inFlight: turns.inFlight, waiting: 0, connections: pool.open });
    return {
      facts: recorder.finish(),
      durationMs,
      connectionsPeak: pool.peak + (sockets?.peak ?? 0),
      ...named(),
      ...(script && { script: script.facts() }),
    };
  } finally {
    script?.close();
    for (const timer of thinking) clearTimeout(timer);
    pool.close("unfinished");
    sockets?.close("unfinished");
  }
}

/** The row of a request that a script owed. */
const missing = { latencyUs: 0, serviceUs: 0, status: 0, error: "script", bytesIn: 0, bytesOut: 0, requestId: undefined } as const;

function usersAt(stages: readonly UserStage[], elapsed: number): number {
  let from = 0;
  for (const stage of stages) {
    if (elapsed < from + stage.forMs) return stage.fromUsers + ((stage.toUsers - stage.fromUsers) * (elapsed - from)) / stage.forMs;
    from += stage.forMs;
  }
  return 0;
}

/** So that the shares of all threads add up to the whole. */
function shareOf(whole: number, { thread, of }: { thread: number; of: number }): number {
  return Math.floor(whole / of) + (thread < whole % of ? 1 : 0);
}
