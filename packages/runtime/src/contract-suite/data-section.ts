import { describe, expect, test } from "vitest";
import type { ProgressEvent } from "../contract.ts";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { problemOf, run, type Stage } from "./stage.ts";

/** Volumes, and real programs for images where the machine has them. */
export function dataSection(stage: () => Stage): void {
  describe("volumes and images", () => {
    test("services share a named volume", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      const mount = { kind: "volume", volume: "shared", target: "/shared", readOnly: false } as const;
      await up(
        environment(
          id,
          [
            server("api", context, { mounts: [mount], environment: { SHARED: "/shared/note.txt" } }),
            service("worker", actorProgram(context, "stay"), { mounts: [mount], environment: { SHARED: "/shared/note.txt" } }),
          ],
          { volumes: ["shared"] },
        ),
      );
      const write = await run(runtime, id, { service: "worker", command: ["sh", "-c", 'echo kept > "$SHARED"'] });
      expect(write.exitCode).toBe(0);
      expect((await run(runtime, id, { service: "api", command: ["sh", "-c", 'cat "$SHARED"'] })).stdout).toBe("kept\n");
    });

    test("an image nobody can play is a Problem that says what to do", async ({ skip }) => {
      const { up, newId, runtime } = stage();
      if (runtime.name === "docker" || runtime.name === "swarm") skip("images are pulled there");
      const id = newId();
      const spec = environment(id, [service("odd", { kind: "image", image: "example.invalid/odd/thing:3" })]);
      const problem = await problemOf(up(spec));
      expect(problem).toMatchObject({ code: "image-unavailable", exit: "configuration" });
      expect(problem.message).toContain("example.invalid/odd/thing:3");
      expect(problem.fix).toContain("services:");
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("PostgreSQL and Redis come up with the asked user, database and password, and say what they are", async ({ skip }) => {
      const { up, newId, context, runtime, act } = stage();
      const id = newId();
      const events: ProgressEvent[] = [];
      const spec = environment(id, [
        service(
          "db",
          { kind: "image", image: "postgres:16-alpine" },
          {
            environment: { POSTGRES_USER: "todo", POSTGRES_PASSWORD: "s3cret pass'word", POSTGRES_DB: "todos" },
            ports: [{ container: 5432, protocol: "tcp" }],
            health: {
              probe: { kind: "shell", command: "pg_isready -U todo -d todos" },
              intervalMs: 500,
              timeoutMs: 5_000,
              retries: 40,
              startPeriodMs: 0,
            },
          },
        ),
        service(
          "cache",
          { kind: "image", image: "redis:7-alpine", command: ["redis-server", "--requirepass", "hush"] },
          {
            ports: [{ container: 6379, protocol: "tcp" }],
            health: {
              probe: { kind: "command", command: ["redis-cli", "-a", "hush", "ping"] },
              intervalMs: 500,
              timeoutMs: 5_000,
              retries: 40,
              startPeriodMs: 0,
            },
          },
        ),
        service("worker", actorProgram(context, "stay"), {
          environment: { DATABASE_HOST: "db", DATABASE_PORT: "5432", CACHE_HOST: "cache", CACHE_PORT: "6379" },
          dependsOn: [
            { service: "db", condition: "healthy", required: true },
            { service: "cache", condition: "healthy", required: true },
          ],
        }),
      ]);
      const missing = await up(spec, { onProgress: (event) => events.push(event) }).then(
        () => undefined,
        (error) => error,
      );
      if (missing?.code === "image-unavailable") skip(missing.message);
      if (missing) throw missing;
      const substitutions = events.flatMap((event) => (event.kind === "substitution" ? [event] : []));
      if (substitutions.length > 0) {
        expect(substitutions.map((event) => [event.service, event.asked])).toEqual([
          ["db", "postgres:16-alpine"],
          ["cache", "redis:7-alpine"],
        ]);
        expect(substitutions[0]?.took).toMatch(/^PostgreSQL \d+/);
      }
      expect((await runtime.inspect(id))?.services.map((one) => one.state)).toEqual(["healthy", "healthy", "running"]);
      expect((await act(id, "worker", ["log-in", "todo", "s3cret pass'word", "todos"])).stdout).toBe("in\n");
      expect((await act(id, "worker", ["log-in", "todo", "wrong", "todos"])).stdout).toMatch(/^refused/);
      expect((await act(id, "worker", ["redis", "hush"])).stdout).toBe("+OK +PONG\n");
      expect((await act(id, "worker", ["redis", "wrong"])).stdout).toMatch(/WRONGPASS/);
    });
  });
}
