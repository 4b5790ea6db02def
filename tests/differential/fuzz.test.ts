import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admin } from "./cases.ts";
import { damagedAdminRequest, damagedBytes, damagedStub } from "./generate/damaged.ts";
import { hostileCases } from "./generate/hostile.ts";
import { Random } from "./generate/random.ts";
import { type Peer, startDojangMock } from "./peers.ts";
import { ask, requestBytes, sendBytes, type WireRequest } from "./wire-request.ts";

/**
 * The running mock gets what is hostile, damaged or random, and answers all of it soon; it never ends.
 * More: DOJANG_FUZZ_CASES=20000; others: DOJANG_FUZZ_SEED=7.
 */
const cases = Number(process.env.DOJANG_FUZZ_CASES ?? 400);
const seed = Number(process.env.DOJANG_FUZZ_SEED ?? 1);
/** How long one answer may take on a machine that does other things too. */
const patienceMs = 20_000;

let mock: Peer;

beforeAll(async () => {
  mock = await startDojangMock();
});

afterAll(async () => {
  await mock?.stop();
});

/** An answer of whatever kind, in time, by a process that goes on. */
async function expectAnswer(request: WireRequest): Promise<void> {
  const answer = await ask(mock.port, request, patienceMs);
  const told = `${requestBytes(request).toString("latin1").slice(0, 1500)}\n${mock.printed()}`;
  expect(answer.ending, told).not.toBe("silent");
  expect(mock.exited(), told).toBe(false);
}

async function expectAlive(): Promise<void> {
  await ask(mock.port, admin("POST", "/reset"), patienceMs);
  await ask(mock.port, admin("DELETE", "/mappings"), patienceMs);
  const stub = { request: { url: "/alive" }, response: { status: 200, body: "alive" } };
  expect((await ask(mock.port, admin("POST", "/mappings", stub), patienceMs)).status).toBe(201);
  expect((await ask(mock.port, { method: "GET", url: "/alive" }, patienceMs)).body.toString()).toBe("alive");
}

describe("what is hostile is answered soon", () => {
  it.each(hostileCases)("$title", { timeout: 120_000 }, async ({ stubs, requests }) => {
    for (const stub of stubs) await expectAnswer(admin("POST", "/mappings", stub));
    for (const request of requests) await expectAnswer(request);
    await expectAnswer(admin("GET", "/requests"));
    await expectAlive();
  });

  it("no answer names a file of the machine", async () => {
    for (const { title, stubs, requests } of hostileCases.filter(({ title }) => title.includes("file"))) {
      for (const stub of stubs) await ask(mock.port, admin("POST", "/mappings", stub), patienceMs);
      for (const request of requests) {
        const answer = await ask(mock.port, request, patienceMs);
        expect(answer.body.toString(), title).not.toContain("root:x:0");
        expect(answer.status === 200 && answer.body.length === 0 && stubs.length > 0 && title === "a file as an entity", title).toBe(false);
      }
      await expectAlive();
    }
  });
});

it(`${cases} damaged stubs (seed ${seed}) are taken or refused, and asked for`, { timeout: 60_000 + cases * 1000 }, async () => {
  const random = new Random(seed);
  for (let number = 0; number < cases; number += 1) {
    await expectAnswer(admin("POST", "/mappings", damagedStub(random)));
    if (number % 10 !== 9) continue;
    await expectAnswer({
      method: random.oneOf(["GET", "POST"]),
      url: random.oneOf(["/body", "/", "/things/1?a=1", "/a"]),
      headers: [["X-One", "one"]],
      body: "abc",
    });
    await expectAnswer(admin("GET", random.oneOf(["/mappings", "/requests", "/requests/unmatched/near-misses", "/scenarios"])));
    await expectAlive();
  }
});

it(`${cases} damaged admin requests (seed ${seed}) are answered`, { timeout: 60_000 + cases * 1000 }, async () => {
  const random = new Random(seed);
  for (let number = 0; number < cases; number += 1) {
    await expectAnswer(damagedAdminRequest(random));
    if (number % 50 === 49) await expectAlive();
  }
});

it(`${cases} damaged requests (seed ${seed}) are answered or their connections closed`, { timeout: 60_000 + cases * 1000 }, async () => {
  const random = new Random(seed);
  for (let number = 0; number < cases; number += 1) {
    // Many of them wait for a rest that never comes: that is no fault of the mock's.
    await sendBytes(mock.port, damagedBytes(random), { method: "POST", timeoutMs: 20 });
    expect(mock.exited(), mock.printed()).toBe(false);
  }
  await expectAlive();
});
