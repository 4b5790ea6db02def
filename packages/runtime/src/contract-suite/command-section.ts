import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { actorCommand, actorProgram, environment, server, service } from "./actor-services.ts";
import { neverAborted, problemOf, run, type Stage } from "./stage.ts";

export function commandSection(stage: () => Stage): void {
  describe("exec and stats", () => {
    test("a command's exit code, output on both streams and duration come back", async () => {
      const id = await idle(stage());
      const failed = await stage().act(id, "idle", ["exit", "7"]);
      expect(failed).toMatchObject({ exitCode: 7, stdout: "ending with 7\n", stderr: "", timedOut: false, truncated: false });
      expect(failed.durationMs).toBeGreaterThan(0);
      const broken = await stage().act(id, "idle", ["no-such-verb"]);
      expect(broken.exitCode).toBe(1);
      expect(broken.stderr).not.toBe("");
    });

    test("a command that does not exist is a result, as a shell reports it", async () => {
      const id = await idle(stage());
      expect(await run(stage().runtime, id, { service: "idle", command: ["no-such-command-at-all"] })).toMatchObject({ exitCode: 127 });
    });

    test("a command sees the service's variables, and its own on top", async () => {
      const { up, newId, context, act } = stage();
      const id = newId();
      await up(environment(id, [service("idle", actorProgram(context, "stay"), { environment: { COLOUR: "green" } })]));
      expect((await act(id, "idle", ["variable", "COLOUR"])).stdout).toBe("green\n");
      expect((await act(id, "idle", ["variable", "COLOUR"], { environment: { COLOUR: "red" } })).stdout).toBe("red\n");
    });

    test("standard input is given and closed", async () => {
      const id = await idle(stage());
      const said = await stage().act(id, "idle", ["cat"], { stdin: Buffer.from("안녕 from stdin") });
      expect(said).toMatchObject({ exitCode: 0, stdout: "안녕 from stdin" });
    });

    test("a command past its time is killed with its whole tree", async () => {
      const id = await idle(stage());
      const late = await stage().act(id, "idle", ["tree", id], { timeoutMs: 1_500 });
      expect(late.stdout).toBe("tree\n");
      expect(late.timedOut).toBe(true);
      expect(late.exitCode).not.toBe(0);
      expect(late.durationMs).toBeLessThan(10_000);
      expect((await stage().act(id, "idle", ["count", id])).stdout).toBe("0\n");
    });

    test("a command that says too much is killed, and what was within the limit is delivered", async () => {
      const id = await idle(stage());
      const flood = await stage().act(id, "idle", ["flood"], { outputLimitBytes: 100_000 });
      expect(flood.truncated).toBe(true);
      expect(flood.stdout.length).toBe(100_000);
    });

    test("aborting ends the whole tree, then rejects with the signal's reason", async () => {
      const id = await idle(stage());
      const abort = new AbortController();
      const running = run(
        stage().runtime,
        id,
        { service: "idle", command: actorCommand("tree", id), onOutput: () => abort.abort(new Error("enough")) },
        abort.signal,
      );
      await expect(running).rejects.toThrow("enough");
      expect((await stage().act(id, "idle", ["count", id])).stdout).toBe("0\n");
    });

    test("a service nobody has is a Problem that names it", async () => {
      const id = await idle(stage());
      const problem = await problemOf(stage().act(id, "nobody", ["exit", "0"]));
      expect(problem.code).toBe("unknown-service");
      expect(problem.message).toContain("nobody");
    });

    test("steps run in a writable copy of the workspace, which stays as it was", async () => {
      const { up, newId, context, runtime } = stage();
      const tree = await mkdtemp(join(tmpdir(), "dojang-workspace-"));
      try {
        await writeFile(join(tree, "given.txt"), "given");
        const id = newId();
        await up(environment(id, [server("api", context)], { workspace: { tree, mountAt: "/workspace" } }));
        const said = await run(runtime, id, {
          command: ["sh", "-c", "cat given.txt && echo changed > given.txt && echo new > new.txt && cat given.txt"],
        });
        expect(said).toMatchObject({ exitCode: 0, stdout: "givenchanged\n" });
        expect(await readdir(tree)).toEqual(["given.txt"]);
        const again = await run(runtime, id, { command: ["cat", "new.txt"] });
        expect(again.stdout).toBe("new\n");
      } finally {
        await rm(tree, { recursive: true, force: true });
      }
    });

    test("stats tell of every running service that it uses memory and processor", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context), service("done", actorProgram(context, "exit", "0"))]));
      const stats = await runtime.stats(id);
      const api = stats.find((one) => one.service === "api");
      expect(api).toBeDefined();
      expect(api?.memoryBytes).toBeGreaterThan(100_000);
      expect(api?.processes).toBeGreaterThanOrEqual(1);
      expect(api?.threads).toBeGreaterThanOrEqual(1);
      expect(api?.cpuMs).toBeGreaterThan(0);
      expect(api?.openFiles).toBeGreaterThan(0);
      if (process.platform === "linux" && runtime.name !== "fake") {
        expect(api?.sockets).toBeGreaterThan(0);
        expect(api?.voluntarySwitches).toBeGreaterThan(0);
      }
    });

    test("a command that was aborted before it began does not begin", async () => {
      const id = await idle(stage());
      const aborted = AbortSignal.abort(new Error("too late"));
      await expect(run(stage().runtime, id, { service: "idle", command: actorCommand("exit", "0") }, aborted)).rejects.toThrow("too late");
      expect(neverAborted().aborted).toBe(false);
    });
  });
}

async function idle({ up, newId, context }: Stage): Promise<string> {
  const id = newId();
  await up(environment(id, [service("idle", actorProgram(context, "stay"))]));
  return id;
}
