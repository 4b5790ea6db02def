import { describe, expect, test } from "vitest";
import type { Fault } from "../contract.ts";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { eventually, neverAborted, problemOf, type Stage } from "./stage.ts";

/** One of each kind, against the services of `twoServices`. */
const samples: readonly Fault[] = [
  { kind: "stop", service: "api" },
  { kind: "pause", service: "api" },
  { kind: "kill", service: "api" },
  { kind: "offline", service: "api" },
  { kind: "cut", from: "worker", to: "api" },
  { kind: "latency", service: "api", delayMs: 300 },
  { kind: "loss", service: "api", fraction: 1 },
  { kind: "disk-full", service: "api" },
];

export function faultSection(stage: () => Stage): void {
  describe("fault", () => {
    for (const fault of samples) {
      test(`${fault.kind} holds until it is healed, where it is promised, and is refused where it is not`, async () => {
        const id = await twoServices(stage());
        const { runtime } = stage();
        if (!runtime.promises.faults.includes(fault.kind)) {
          const problem = await problemOf(runtime.fault(id, fault, { signal: neverAborted() }));
          expect(problem).toMatchObject({ code: "fault-unsupported", exit: "configuration" });
          expect(problem.message).toContain(fault.kind);
          return;
        }
        await expectWell(stage(), id);
        const active = await runtime.fault(id, fault, { signal: neverAborted() });
        expect(active.fault).toEqual(fault);
        await expectFelt(stage(), id, fault);
        await active.heal();
        await active.heal();
        await expectWell(stage(), id);
      });
    }

    test("a fault on a service nobody has is a Problem", async () => {
      const id = await twoServices(stage());
      const problem = await problemOf(stage().runtime.fault(id, { kind: "stop", service: "nobody" }, { signal: neverAborted() }));
      expect(problem.code).toBe("unknown-service");
    });

    test("an environment with a fault in it can be stopped", async () => {
      const { runtime } = stage();
      for (const fault of samples.filter(({ kind }) => runtime.promises.faults.includes(kind))) {
        const id = await twoServices(stage());
        await runtime.fault(id, fault, { signal: neverAborted() });
        await runtime.stop(id);
        expect(await runtime.inspect(id)).toBeUndefined();
      }
    });
  });
}

async function twoServices({ up, newId, context }: Stage): Promise<string> {
  const id = newId();
  await up(
    environment(id, [
      server("api", context, { restart: { kind: "always" } }),
      service("worker", actorProgram(context, "stay"), { environment: { API_URL: "http://api:8000/drill" } }),
    ]),
  );
  return id;
}

async function expectWell(stage: Stage, id: string): Promise<void> {
  const said = await eventually(
    async () => {
      const startedAt = performance.now();
      const { stdout } = await stage.act(id, "worker", ["ask", "API_URL"]);
      return { stdout, tookMs: performance.now() - startedAt };
    },
    ({ stdout }) => stdout === "200 hello\n",
  );
  expect(said.stdout).toBe("200 hello\n");
}

async function expectFelt(stage: Stage, id: string, fault: Fault): Promise<void> {
  if (fault.kind === "kill") {
    // Its restart policy brings it back, as after a crash.
    await eventually(
      () => stage.runtime.inspect(id),
      (seen) => (seen?.services[0]?.restarts ?? 0) >= 1,
    );
    return;
  }
  if (fault.kind === "disk-full") {
    const write = await stage.act(id, "api", ["write", "/tmp/one-more-file", "x".repeat(10_000)]);
    expect(write.exitCode).not.toBe(0);
    return;
  }
  const { stdout, durationMs } = await stage.act(id, "worker", ["ask", "API_URL"]);
  if (fault.kind === "latency") {
    expect(stdout).toBe("200 hello\n");
    expect(durationMs).toBeGreaterThan(300);
    return;
  }
  expect(stdout).toMatch(/^error /);
  if (fault.kind !== "stop") return;
  expect((await stage.runtime.inspect(id))?.services[0]?.state).toBe("stopped");
}
