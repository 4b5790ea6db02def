import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuildRequest, ProgressEvent } from "../contract.ts";
import { actorProgram, service } from "../contract-suite/actor-services.ts";
import { problemOf, run } from "../contract-suite/stage.ts";
import { type SandboxStage, setSandboxStage, strangersEnvironment } from "./sandbox-stage.ts";

describe("the way out", () => {
  let stage: SandboxStage;
  let registry: Server;
  let context: string;
  const asked: string[] = [];
  const before = process.env.npm_config_registry;

  beforeAll(async () => {
    registry = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("pong");
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    // A listening server has a port. The machine's own registry, on its own loopback, is what builds are to use.
    process.env.npm_config_registry = `http://localhost:${(registry.address() as AddressInfo).port}/`;
    stage = await setSandboxStage();
    context = await mkdtemp(join(tmpdir(), "dojang-context-"));
    await writeFile(join(context, "package.json"), "{}");
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.npm_config_registry;
    else process.env.npm_config_registry = before;
    await stage.close();
    registry.closeAllConnections();
    registry.close();
    await rm(context, { recursive: true, force: true });
  });

  const building = (build: readonly string[], more: Partial<BuildRequest> = {}): BuildRequest => {
    const program = actorProgram(context);
    return {
      project: "egress",
      service: "api",
      program: { ...program, recipe: { ...program.recipe, build } },
      egress: { kind: "allow", hosts: [] },
      environment: {},
      timeoutMs: 60_000,
      ...more,
    };
  };
  const signal = () => AbortSignal.timeout(60_000);
  const fetching = (url: string) =>
    `node -e "fetch(${url}).then((r) => r.text()).then(console.log, (e) => console.log('failed', e.cause?.code ?? e.message))"`;

  test("a build reaches the registry this machine is set up with, and it is told of", async () => {
    const events: ProgressEvent[] = [];
    const request = building([fetching("process.env.npm_config_registry + '-/ping'")]);
    await stage.runtime.build(request, { signal: signal(), onProgress: (event) => events.push(event) });
    expect(asked).toContain("/-/ping");
    expect(events).toContainEqual({ kind: "egress", host: "localhost", port: (registry.address() as AddressInfo).port, allowed: true });
    expect(said(events)).toContain("pong");
  });

  test("a build reaches no other host, and is told of trying", async () => {
    const events: ProgressEvent[] = [];
    await stage.runtime.build(building([`${fetching("'http://example.com/'")} || true`]), {
      signal: signal(),
      onProgress: (event) => events.push(event),
    });
    expect(events).toContainEqual({ kind: "egress", host: "example.com", port: 80, allowed: false });
  });

  test("a listed host that leads back to this machine is refused", async () => {
    const { port } = registry.address() as AddressInfo;
    const events: ProgressEvent[] = [];
    const count = asked.length;
    const request = building([`${fetching(`'http://127.0.0.1:${port}/inside'`)} || true`], {
      egress: { kind: "allow", hosts: ["127.0.0.1"] },
    });
    await stage.runtime.build(request, { signal: signal(), onProgress: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: "egress", host: "127.0.0.1", port, allowed: false });
    expect(asked.length).toBe(count);
  });

  test("a build without egress has no proxy at all", async () => {
    const events: ProgressEvent[] = [];
    const request = building(["echo proxy: $HTTP_PROXY.", fetching("process.env.npm_config_registry")], { egress: { kind: "none" } });
    await stage.runtime.build(request, { signal: signal(), onProgress: (event) => events.push(event) });
    expect(said(events)).toContain("proxy: .");
    expect(said(events)).toContain("failed");
  });

  test(".dockerignore and .git stay out of a build, and out of its digest", async () => {
    await writeFile(join(context, ".dockerignore"), "*.log\n!kept.log\n");
    await writeFile(join(context, "noise.log"), "one");
    await writeFile(join(context, "kept.log"), "kept");
    const events: ProgressEvent[] = [];
    const request = building(["ls -a"]);
    const first = await stage.runtime.build(request, { signal: signal(), onProgress: (event) => events.push(event) });
    expect(said(events)).toContain("kept.log");
    expect(said(events)).not.toContain("noise.log");
    await writeFile(join(context, "noise.log"), "two");
    expect(await stage.runtime.build(request, { signal: signal() })).toEqual({ ...first, cached: true });
  });

  test("a failed build quotes its last lines and leaves nothing", async () => {
    const request = building(["for i in $(seq 100); do echo line $i; done; exit 9"]);
    const problem = await problemOf(stage.runtime.build(request, { signal: signal() }));
    expect(problem).toMatchObject({ code: "build-failed", exit: "configuration" });
    expect(problem.message).toContain("line 100");
    expect(problem.message).not.toContain("line 60\n");
    expect(await stage.runtime.list()).toEqual([]);
  });

  test("an environment reaches what its list allows through a gate that ends with it, and each host is logged", async () => {
    const events: ProgressEvent[] = [];
    const asking = service("asking", { kind: "image", image: "alpine", command: ["sleep", "600"] });
    const spec = { ...strangersEnvironment("goes-out", stage, [asking]), egress: { kind: "allow", hosts: ["localhost"] } as const };
    await stage.runtime.start(spec, { signal: signal(), images: {}, onProgress: (event) => events.push(event) });
    const answer = await run(stage.runtime, "goes-out", {
      command: ["sh", "-c", "curl -s -o /dev/null -w '%{http_code}' http://other.test/"],
    });
    expect(answer.stdout).toBe("403");
    expect(events).toContainEqual({ kind: "egress", host: "other.test", port: 80, allowed: false });
    // What a step asks for is nobody's in particular; what a service asks for is its own, whatever it calls itself.
    const byService = await run(stage.runtime, "goes-out", {
      service: "asking",
      command: ["sh", "-c", "curl -s -o /dev/null -x http://other@10.77.0.1:3128 http://pay.test/; curl -s https://pay.test/"],
    });
    expect(byService.exitCode).not.toBe(0);
    for (const port of [80, 443])
      expect(events).toContainEqual({ kind: "egress", host: "pay.test", port, allowed: false, service: "asking" });
    const lines: string[] = [];
    for await (const line of stage.runtime.logs("goes-out", { follow: false, signal: signal() })) lines.push(line.text);
    expect(lines).toEqual(expect.arrayContaining(["other.test:80 refused", "pay.test:80 refused, asked by asking"]));
    expect(await problemOf(stage.runtime.connect("goes-out", { host: "other.test", port: 443 }, { signal: signal() }))).toMatchObject({
      code: "egress-refused",
    });
    await stage.runtime.stop("goes-out");
    expect(await stage.runtime.list()).toEqual([]);
  });
});

function said(events: readonly ProgressEvent[]): string {
  return events.map((event) => (event.kind === "output" ? event.text : "")).join("");
}
