import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AccessLog, openAccessLog } from "./access-log.ts";
import { openTestBed, siteId, until } from "./edge-test-bed.ts";

let folder: string;
let path: string;
let log: AccessLog;
const nowMs = 1_800_000_000_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-log-"));
  path = join(folder, "access.log");
  log = openAccessLog({ path, now: () => nowMs });
});
afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true });
});

function line(more: { site?: string; slot?: number; status?: number; seconds?: number; agoSeconds?: number } = {}): string {
  const { site = "todo", slot = 3, status = 200, seconds = 0.01, agoSeconds = 10 } = more;
  const fields = {
    at: String(nowMs / 1000 - agoSeconds),
    site,
    slot: String(slot).padStart(2, "0"),
    status: String(status),
    seconds: String(seconds),
  };
  return `${JSON.stringify({ ...fields, service: "web", upstream: "0.01" })}\n`;
}

const since = { sinceMs: nowMs - 60_000 };

describe("traffic", () => {
  test("is counted per group of slots, failures from 500 on", async () => {
    await writeFile(
      path,
      [line({ slot: 0 }), line({ slot: 0, status: 500 }), line({ status: 404 }), line({ status: 502 }), line({ site: "other" })].join(""),
    );
    expect(await log.traffic("todo", { ...since, slots: [0, 1] })).toMatchObject({ requests: 2, failed: 1 });
    expect(await log.traffic("todo", { ...since, slots: [2, 3] })).toMatchObject({ requests: 2, failed: 1 });
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 4, failed: 2 });
    expect(await log.traffic("nobody", since)).toEqual({ requests: 0, failed: 0, p95Ms: undefined });
  });

  test("before the time that is asked for is left out, and forgotten after a quarter of an hour", async () => {
    await writeFile(path, [line({ agoSeconds: 5 }), line({ agoSeconds: 120 }), line({ agoSeconds: 3600 })].join(""));
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 1 });
    expect(await log.traffic("todo", { sinceMs: nowMs - 300_000 })).toMatchObject({ requests: 2 });
    expect(await log.traffic("todo", { sinceMs: 0 })).toMatchObject({ requests: 2 });
  });

  test("does not count maintenance, and counts a service that says 503 itself", async () => {
    await writeFile(path, line({ status: 503 }) + line({ status: 503 }).replace('"upstream":"0.01"', '"upstream":""'));
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 1, failed: 1 });
  });

  test("has a 95th percentile within 5 %, to which WebSockets do not count", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => line({ seconds: (index + 1) / 100 }));
    await writeFile(path, [...lines, line({ status: 101, seconds: 3000 })].join(""));
    const { p95Ms, requests } = await log.traffic("todo", since);
    expect(requests).toBe(101);
    expect(p95Ms).toBeGreaterThanOrEqual(950);
    expect(p95Ms).toBeLessThanOrEqual(950 * 1.05);
  });
});

describe("following", () => {
  test("reads on from where it was, over lines that come in pieces and over what is no line", async () => {
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 0 });
    const whole = line();
    await writeFile(path, whole + whole.slice(0, 30));
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 1 });
    await appendFile(path, whole.slice(30));
    await appendFile(path, `half a li${"\n"}{"at":"x"}\n[]\nnull\n`);
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 2 });
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 2 });
  });

  test("loses nothing when the log is put aside, though something is still written to the former one", async () => {
    await writeFile(path, line());
    await log.traffic("todo", since);
    await rename(path, `${path}.1`);
    await appendFile(`${path}.1`, line());
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 2 });
    await appendFile(`${path}.1`, line());
    await writeFile(path, line());
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 4 });
  });

  test("begins anew when the log was emptied", async () => {
    await writeFile(path, line() + line());
    await log.traffic("todo", since);
    await writeFile(path, line());
    expect(await log.traffic("todo", since)).toMatchObject({ requests: 3 });
  });
});

test("a real nginx's log tells a failing canary from the rest", async () => {
  const bed = await openTestBed();
  try {
    await bed.serve("good", "web");
    await bed.serve("bad", "web", (_, given) => void given.writeHead(500).end());
    await bed.edge.apply([bed.site({})]);
    await bed.edge.pointSlots(
      siteId,
      Array.from({ length: 20 }, (_, index) => (index < 10 ? "bad" : "good")),
    );
    await bed.edge.start();
    for (let count = 0; count < 40; count++) await bed.ask("/");
    const followed = openAccessLog({ path: bed.edge.accessLog });
    const slots = Array.from({ length: 10 }, (_, index) => index);
    await until("all lines are there", async () => (await followed.traffic(siteId, { sinceMs: 0 })).requests === 40);
    const [canary, rest] = [
      await followed.traffic(siteId, { sinceMs: 0, slots }),
      await followed.traffic(siteId, { sinceMs: 0, slots: slots.map((slot) => slot + 10) }),
    ];
    expect(canary.failed).toBe(canary.requests);
    expect(rest).toMatchObject({ requests: 40 - canary.requests, failed: 0 });
    await followed.close();
  } finally {
    await bed.close();
  }
});
