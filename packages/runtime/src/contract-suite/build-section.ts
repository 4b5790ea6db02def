import { access, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BuildRequest } from "../contract.ts";
import { actorContext, actorProgram, environment, server } from "./actor-services.ts";
import { neverAborted, problemOf, type Stage } from "./stage.ts";

export function buildSection(stage: () => Stage): void {
  describe("build", () => {
    test("the same source and recipe give the same digest, and the second time no work", async () => {
      const { runtime } = stage();
      const context = await freshContext();
      await writeFile(join(context, "unique.txt"), stage().newId());
      const first = await runtime.build(request(context), { signal: neverAborted() });
      const second = await runtime.build(request(context), { signal: neverAborted() });
      expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(first).toMatchObject({ service: "api", cached: false });
      expect(first.sizeBytes).toBeGreaterThan(0);
      expect(second).toEqual({ ...first, cached: true });
    });

    test("a change of the source gives another digest", async () => {
      const { runtime } = stage();
      const context = await freshContext();
      await writeFile(join(context, "unique.txt"), "one");
      const first = await runtime.build(request(context), { signal: neverAborted() });
      await writeFile(join(context, "unique.txt"), "two");
      const second = await runtime.build(request(context), { signal: neverAborted() });
      expect(second.digest).not.toBe(first.digest);
    });

    test("built twice at once, it is the same", async () => {
      const { runtime } = stage();
      const context = await freshContext();
      await writeFile(join(context, "unique.txt"), stage().newId());
      const [one, two] = await Promise.all([1, 2].map(() => runtime.build(request(context), { signal: neverAborted() })));
      expect(one?.digest).toBe(two?.digest);
    });

    test("what is built is what runs, whatever happens to the source afterwards", async () => {
      const { runtime, newId } = stage();
      const context = await freshContext();
      const spec = environment(newId(), [server("api", context)]);
      const api = await runtime.build(request(context), { signal: neverAborted() });
      await writeFile(join(context, "actor.mjs"), "process.exit(1)");
      const status = await runtime.start(spec, { signal: neverAborted(), images: { api } });
      expect(status.services[0]?.state).toBe("healthy");
    });

    test("the recipe's commands run in a copy of the context, and what they say is reported", async () => {
      const { runtime, newId, up, act } = stage();
      const context = await freshContext();
      const program = actorProgram(context, "stay");
      const built = { ...program, recipe: { ...program.recipe, build: ["echo building $FLAVOUR", "echo made > made.txt"] } };
      const said: string[] = [];
      const asked = { ...request(context), program: built, environment: { FLAVOUR: "plain" } };
      await runtime.build(asked, {
        signal: neverAborted(),
        onProgress: (event) => void (event.kind === "output" && said.push(event.text)),
      });
      const id = newId();
      await up(environment(id, [{ ...server("api", context), program: built, health: undefined }]));
      expect((await act(id, "api", ["read", "made.txt"])).stdout.trim()).toBe("made");
      expect(said.join("")).toContain("building plain");
      await expect(access(join(context, "made.txt"))).rejects.toThrow();
    });

    test("a command that fails is a Problem with the command, its code and its last words", async () => {
      const { runtime } = stage();
      const context = await freshContext();
      const program = actorProgram(context, "serve");
      const failing = { ...program, recipe: { ...program.recipe, build: ["echo out of luck >&2; exit 4"] } };
      const problem = await problemOf(runtime.build({ ...request(context), program: failing }, { signal: neverAborted() }));
      expect(problem.code).toBe("build-failed");
      expect(problem.message).toContain("4");
      expect(problem.message).toContain("out of luck");
    });

    test("starting without the image of a service that is built is a Problem", async () => {
      const { runtime, newId, context } = stage();
      const spec = environment(newId(), [server("api", context)]);
      const problem = await problemOf(runtime.start(spec, { signal: neverAborted(), images: {} }));
      expect(problem.code).toBe("image-not-built");
      expect(problem.message).toContain("api");
    });
  });
}

/** A context of the test's own, to be altered at will. */
async function freshContext(): Promise<string> {
  const context = await actorContext();
  onTestFinished(() => rm(context, { recursive: true, force: true }));
  return context;
}

function request(context: string): BuildRequest {
  return {
    project: "contract",
    service: "api",
    program: actorProgram(context, "serve"),
    egress: { kind: "none" },
    environment: {},
    timeoutMs: 60_000,
  };
}
