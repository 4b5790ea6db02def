import { describe, expect, test } from "vitest";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { eventually, neverAborted, problemOf, run, type Stage } from "./stage.ts";

export function stopSection(stage: () => Stage): void {
  describe("stop, list and inspect", () => {
    test("a stopped environment is gone", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context)]));
      await runtime.stop(id);
      expect(await runtime.inspect(id)).toBeUndefined();
      expect((await runtime.list()).map((one) => one.id)).not.toContain(id);
    });

    test("stopping twice, at once, or what never was, succeeds", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context)]));
      await Promise.all([runtime.stop(id), runtime.stop(id)]);
      await runtime.stop(id);
      await runtime.stop(newId());
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("stopping while it starts ends the start", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      let stopping: Promise<void> | undefined;
      const slow = server("slow", context, {
        environment: { READY_AFTER_MS: "600000" },
        health: { ...server("x", context).health!, probe: { kind: "http", method: "GET", path: "/ready", port: 8000 }, retries: 1_000 },
      });
      const starting = up(environment(id, [slow]), {
        onProgress: (event) => {
          if (event.kind === "service") stopping ??= runtime.stop(id);
        },
      });
      await expect(starting).rejects.toThrow();
      await stopping;
      expect(stopping).toBeDefined();
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("the same id can be started again after it was stopped", async () => {
      const { up, newId, context, runtime } = stage();
      const spec = environment(newId(), [server("api", context)]);
      await up(spec);
      await runtime.stop(spec.id);
      expect((await up(spec)).services[0]?.state).toBe("healthy");
    });

    test("a service that ignores its stop signal is killed after its grace", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [service("stubborn", actorProgram(context, "stubborn"), { stop: { signal: "SIGTERM", graceMs: 300 } })]));
      const startedAt = performance.now();
      await runtime.stop(id);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("another process of the same state folder finds, uses and stops it", async () => {
      const { up, newId, context, tested } = stage();
      const id = newId();
      await up(environment(id, [server("api", context)], { run: "run-7" }));
      const other = await tested.reopen();
      expect(await other.list()).toMatchObject([{ id, project: "contract", run: "run-7", state: "running" }]);
      expect((await other.inspect(id))?.services[0]?.state).toBe("healthy");
      expect(await run(other, id, { service: "api", command: ["node", "actor.mjs", "variable", "NOT_THERE"] })).toMatchObject({
        stdout: "unset\n",
      });
      await other.stop(id);
      expect(await stage().runtime.inspect(id)).toBeUndefined();
    });

    test("inspect tells what ended by itself", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context), service("done", actorProgram(context, "exit", "0"))]));
      const status = await eventually(
        () => runtime.inspect(id),
        (seen) => seen?.services[1]?.state === "exited",
      );
      expect(status?.services[1]).toMatchObject({ exitCode: 0 });
    });

    test("using an environment that is not there is a Problem that names it", async () => {
      const { runtime, newId } = stage();
      const id = newId();
      const signal = neverAborted();
      const problems = [
        await problemOf(run(runtime, id, { command: ["true"] })),
        await problemOf(runtime.stats(id)),
        await problemOf(runtime.fault(id, { kind: "stop", service: "api" }, { signal })),
        await problemOf(runtime.connect(id, { host: "api", port: 8000 }, { signal })),
        await problemOf(runtime.expose(id, { socketPath: "/nowhere.sock", port: 0 })),
        await problemOf(stage().lines(id)),
      ];
      for (const problem of problems) {
        expect(problem.code).toBe("unknown-environment");
        expect(problem.message).toContain(id);
      }
    });
  });
}
