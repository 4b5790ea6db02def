import { describe, expect, test } from "vitest";
import type { ProgressEvent } from "../contract.ts";
import { actorProgram, environment, httpHealth, server, service } from "./actor-services.ts";
import { eventually, neverAborted, problemOf, type Stage } from "./stage.ts";

export function startSection(stage: () => Stage): void {
  describe("start", () => {
    test("resolves when what has a health check is healthy and the rest is running", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const status = await up(
        environment(id, [
          server("api", context, { environment: { READY_AFTER_MS: "300" }, health: httpHealth("/ready") }),
          service("worker", actorProgram(context, "stay")),
        ]),
      );
      expect(status).toMatchObject({ id, project: "contract", state: "running" });
      expect(status.services.map(({ name, state }) => [name, state])).toEqual([
        ["api", "healthy"],
        ["worker", "running"],
      ]);
      expect(status.services[0]?.ports).toContain(8000);
      expect(status.services[0]?.program).not.toBe("");
      expect(Math.abs(status.startedAt - Date.now())).toBeLessThan(60_000);
    });

    test("a service waits until the one it depends on is healthy", async () => {
      const { up, newId, context, runtime, lines } = stage();
      const id = newId();
      await up(
        environment(id, [
          service("after", actorProgram(context, "print", "1"), { dependsOn: [{ service: "api", condition: "healthy", required: true }] }),
          server("api", context, { environment: { READY_AFTER_MS: "400" }, health: httpHealth("/ready") }),
        ]),
      );
      const all = await eventually(
        () => lines(id),
        (seen) => seen.some((line) => line.text === "line 1"),
      );
      const readiness = all.findIndex((line) => line.service === "api" && line.text === "asked /ready");
      expect(readiness).toBeGreaterThan(-1);
      expect(all.findIndex((line) => line.text === "line 1")).toBeGreaterThan(readiness);
      expect((await runtime.inspect(id))?.services.map((one) => one.state)).toEqual(["running", "healthy"]);
    });

    test("a service waits until the one it depends on has completed", async () => {
      const { up, newId, context } = stage();
      const status = await up(
        environment(newId(), [
          service("migrate", actorProgram(context, "exit", "0")),
          server("api", context, { dependsOn: [{ service: "migrate", condition: "completed", required: true }] }),
        ]),
      );
      expect(status.services).toMatchObject([
        { name: "migrate", state: "exited", exitCode: 0 },
        { name: "api", state: "healthy" },
      ]);
    });

    test("a service waits until the one it depends on has started", async () => {
      const { up, newId, context } = stage();
      const events: ProgressEvent[] = [];
      await up(
        environment(newId(), [
          service("second", actorProgram(context, "stay"), { dependsOn: [{ service: "first", condition: "started", required: true }] }),
          service("first", actorProgram(context, "stay")),
        ]),
        { onProgress: (event) => events.push(event) },
      );
      const order = events.flatMap((event) => (event.kind === "service" ? [event.service] : []));
      expect(order[0]).toBe("first");
      expect(order).toContain("second");
    });

    test("fails and leaves nothing when a service that others wait for ends with another code than 0", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      const starting = up(
        environment(id, [
          service("migrate", actorProgram(context, "exit", "3")),
          server("api", context, { dependsOn: [{ service: "migrate", condition: "completed", required: true }] }),
        ]),
      );
      const problem = await problemOf(starting);
      expect(problem.message).toContain("migrate");
      expect(problem.message).toContain("3");
      expect(problem.exit).toBe("infrastructure");
      await expectNothing(stage(), id);
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("fails and leaves nothing when a health check never passes", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const health = httpHealth("/ready", { retries: 2, intervalMs: 100 });
      const problem = await problemOf(up(environment(id, [server("api", context, { environment: { READY_AFTER_MS: "600000" }, health })])));
      expect(problem.code).toBe("service-unhealthy");
      expect(problem.message).toContain("api");
      await expectNothing(stage(), id);
    });

    test("fails and leaves nothing when the services are not ready in time, naming the late one", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const health = httpHealth("/ready", { retries: 1_000 });
      const late = server("late", context, { environment: { READY_AFTER_MS: "600000" }, health });
      const problem = await problemOf(up(environment(id, [late], { startTimeoutMs: 1_500 })));
      expect(problem.code).toBe("start-timeout");
      expect(problem.message).toContain("late");
      await expectNothing(stage(), id);
    });

    test("refuses services that wait for each other", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const on = (name: string) => ({ dependsOn: [{ service: name, condition: "started", required: true } as const] });
      const circle = environment(id, [
        service("a", actorProgram(context, "stay"), on("b")),
        service("b", actorProgram(context, "stay"), on("a")),
      ]);
      const problem = await problemOf(up(circle));
      expect(problem).toMatchObject({ code: "cyclic-dependency", exit: "configuration" });
      await expectNothing(stage(), id);
    });

    test("refuses an id that exists, and leaves the one that has it alone", async () => {
      const { up, newId, context, runtime } = stage();
      const spec = environment(newId(), [server("api", context)]);
      await up(spec);
      expect(await problemOf(up(spec))).toMatchObject({ code: "environment-exists" });
      expect((await runtime.inspect(spec.id))?.services[0]?.state).toBe("healthy");
    });

    test("has cleaned up by the time an aborted start rejects with the signal's reason", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const abort = new AbortController();
      const never = server("never", context, {
        environment: { READY_AFTER_MS: "600000" },
        health: httpHealth("/ready", { retries: 1_000 }),
      });
      const starting = up(environment(id, [never]), {
        signal: abort.signal,
        onProgress: (event) => {
          if (event.kind === "service") abort.abort(new Error("changed my mind"));
        },
      });
      await expect(starting).rejects.toThrow("changed my mind");
      await expectNothing(stage(), id);
    });

    test("a service that ends is restarted as its policy says, and one without a policy is not", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(
        environment(id, [
          service("loop", actorProgram(context, "serve"), { ports: [{ container: 8000, protocol: "tcp" }], restart: { kind: "always" } }),
          service("once", actorProgram(context, "exit", "0")),
        ]),
      );
      const before = await eventually(
        () => stage().lines(id, { service: "loop" }),
        (lines) => lines.some((line) => line.text === "listening"),
      );
      expect(before.length).toBeGreaterThan(0);
      const socket = await runtime.connect(id, { host: "loop", port: 8000 }, { signal: neverAborted() });
      socket.on("error", () => {});
      socket.end("GET /boom HTTP/1.1\r\nhost: loop\r\n\r\n");
      const status = await eventually(
        () => runtime.inspect(id),
        (seen) => seen?.services[0]?.restarts === 1 && seen.services[0].state === "running",
      );
      expect(status?.services[1]).toMatchObject({ name: "once", state: "exited", exitCode: 0, restarts: 0 });
    });

    test("on-failure gives up after its number of tries", async () => {
      const { up, newId, context } = stage();
      const id = newId();
      const failing = service("failing", actorProgram(context, "exit", "5"), { restart: { kind: "on-failure", maxRetries: 2 } });
      const after = server("after", context, { dependsOn: [{ service: "failing", condition: "completed", required: true }] });
      const seen: number[] = [];
      const onProgress = (event: ProgressEvent) => {
        if (event.kind === "service" && event.service === "failing" && event.state === "exited") seen.push(1);
      };
      const problem = await problemOf(up(environment(id, [failing, after]), { onProgress }));
      expect(problem.message).toContain("failing");
      expect(seen.length).toBe(3);
      await expectNothing(stage(), id);
    });

    test("two environments started at once both come up", async () => {
      const { up, newId, context } = stage();
      const specs = [newId(), newId()].map((id) => environment(id, [server("api", context)]));
      const statuses = await Promise.all(specs.map((spec) => up(spec)));
      expect(statuses.map((status) => status.services[0]?.state)).toEqual(["healthy", "healthy"]);
    });
  });
}

async function expectNothing(stage: Stage, id: string): Promise<void> {
  expect((await stage.runtime.list()).filter((one) => one.id === id)).toEqual([]);
  expect(await stage.runtime.inspect(id)).toBeUndefined();
}
