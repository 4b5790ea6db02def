import { readdir, readFile, rm } from "node:fs/promises";
import { createServer as createListener } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identifyProcess } from "../store/process-identity.ts";
import { openEdge } from "./edge.ts";
import { children, openTestBed, siteId, type TestBed, until } from "./edge-test-bed.ts";

let bed: TestBed;
beforeEach(async () => {
  bed = await openTestBed();
});
afterEach(() => bed.close());

const signal = new AbortController().signal;

describe("nginx's life", () => {
  test("it outlives who started it, and another process of Dojang finds it again", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    expect(await bed.edge.start()).toBe("started");
    const again = await openEdge({ home: bed.home, signal });
    expect(await again.start()).toBe("running");
    expect(await again.apply([bed.site({})])).toEqual({ changed: false });
    // Killed before it wrote down whom it had started.
    await rm(join(bed.home, "edge/nginx.json"));
    expect(await again.ensure()).toBe("running");
  });

  test("when its last site goes it ends, and is not started again until there is one", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const master = await bed.masterPid();
    expect(await bed.edge.apply([])).toEqual({ changed: true });
    await until("it has ended", () => identifyProcess(master) === undefined);
    expect(await bed.edge.ensure()).toBe("not-needed");
    await bed.edge.apply([bed.site({})]);
    expect(await bed.edge.start()).toBe("started");
    expect((await bed.ask("/")).status).toBe(200);
  });

  test("a master that was killed is started again, though its workers go on and hold the ports", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const master = await bed.masterPid();
    const orphans = children(master);
    process.kill(master, "SIGKILL");
    await until("it is dead", () => identifyProcess(master) === undefined);
    expect(orphans.some((pid) => identifyProcess(pid) !== undefined)).toBe(true);
    expect(await bed.edge.ensure()).toBe("started");
    expect((await bed.ask("/")).status).toBe(200);
    await until("the orphans are gone", () => orphans.every((pid) => identifyProcess(pid) === undefined));
  });

  test("workers that were killed are there again", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    for (const pid of children(await bed.masterPid())) process.kill(pid, "SIGKILL");
    expect(await bed.edge.ensure()).toBe("running");
    await until("it answers", async () => (await bed.ask("/").catch(() => undefined))?.status === 200);
  });

  test("stopping twice is safe, and nothing of it is left", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const master = await bed.masterPid();
    await bed.edge.stop({ graceMs: 500 });
    await bed.edge.stop({ graceMs: 500 });
    expect(identifyProcess(master)).toBeUndefined();
    await expect(bed.ask("/")).rejects.toThrow(/ECONNREFUSED/);
    expect(await bed.edge.start()).toBe("started");
  });

  test("a port that is taken at the start is told", async () => {
    await bed.edge.apply([bed.site({})]);
    const foreign = createListener();
    await new Promise<void>((resolve) => foreign.listen(bed.http, "127.0.0.1", resolve));
    try {
      await expect(bed.edge.start()).rejects.toMatchObject({
        code: "edge-port-taken",
        message: expect.stringContaining(`127.0.0.1:${bed.http}`),
      });
    } finally {
      foreign.close();
    }
  });

  test("with its last site nginx ends, and a forgotten site leaves nothing", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({ tls: "self-signed" })]);
    await bed.edge.start();
    const master = await bed.masterPid();
    expect(await bed.edge.apply([])).toEqual({ changed: true });
    expect(identifyProcess(master)).toBeUndefined();
    await bed.edge.forget(siteId);
    await bed.edge.forget(siteId);
    for (const folder of ["sites", "s", "certificates/sites"]) expect(await readdir(join(bed.home, "edge", folder))).toEqual([]);
    expect(await bed.edge.ensure()).toBe("not-needed");
    expect(await bed.edge.apply([bed.site({})])).toEqual({ changed: true });
    expect(await bed.edge.start()).toBe("started");
  });

  test("without sites there is nothing to start", async () => {
    expect(await bed.edge.apply([])).toEqual({ changed: false });
    expect(await bed.edge.start()).toBe("not-needed");
  });

  test("logs over the limit are put aside and new ones begun, without losing a line", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    await bed.ask("/first");
    const lines = async (name: string) =>
      (await readFile(join(bed.home, "edge/logs", name), "utf8").catch(() => "")).split("\n").filter(Boolean);
    await until("the line is written", async () => (await lines("access.log")).length === 1);
    expect(await bed.edge.rotateLogs()).toBe(false);
    expect(await bed.edge.rotateLogs({ limitBytes: 10 })).toBe(true);
    await until("the new log is there", async () => {
      await bed.ask("/next");
      return (await lines("access.log")).length > 0;
    });
    expect((await lines("access.log.1"))[0]).toContain('"/first"');
  });
});
