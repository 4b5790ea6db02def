import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WatchPlan } from "@dojang/model";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openAccessLog } from "../edge/access-log.ts";
import type { EdgeSite } from "../edge/edge-site.ts";
import { openTestBed, type TestBed } from "../edge/edge-test-bed.ts";
import type { Store } from "../store/store.ts";
import { openTestStore } from "../store/test-store.ts";
import { listAlerts, openAlerts } from "./alert-records.ts";
import { probeHours, recordProbe } from "./probe-results.ts";
import { failingTargets } from "./tell-alerts.ts";
import { retainWatching, type WatchOptions, watchSite } from "./watch-site.ts";
import { type MailServer, openMailServer, openReceiver, type Receiver, readWatchPlan } from "./watch-test-bed.ts";

let opened: Awaited<ReturnType<typeof openTestStore>>;
let store: Store;
let bed: TestBed;
let site: EdgeSite;
let receiver: Receiver;
let mail: MailServer;
let status = 200;
let siteCount = 0;
const startMs = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 12 * 3_600_000;

beforeAll(async () => {
  opened = await openTestStore();
  store = opened.store;
  bed = await openTestBed({ home: opened.home });
  mail = await openMailServer();
  await bed.edge.apply([]);
});
afterAll(async () => {
  mail.close();
  await bed.close();
  await opened.close();
});
beforeEach(async () => {
  status = 200;
  receiver = await openReceiver();
  const id = `watched-${++siteCount}`;
  site = bed.site({ hosts: ["todo.example"] }, { id, statusPage: true });
  await store.db
    .insertInto("site")
    .values({ id, project: id, environment: "production", directory: "/", definition: "{}", current_release: null, previous_release: null })
    .execute();
  await bed.serve("r1", "web", (_, given) => void given.writeHead(status).end("hello"), id);
  await bed.edge.apply([site]);
  await bed.point("r1", id);
  await bed.edge.start();
  return () => receiver.close();
});

const plan = (more: Readonly<Record<string, unknown>> = {}) =>
  readWatchPlan({
    probes: [{ http: "GET /health", every: "30s" }],
    failures: 2,
    alerts: [{ webhook: "HOOK" }],
    "status-page": true,
    ...more,
  });

function look(seconds: number, given: WatchPlan, more: Partial<WatchOptions> = {}) {
  return watchSite({
    store,
    edge: bed.edge,
    accessLog: openAccessLog({ path: join(bed.home, "no-such-log") }),
    site,
    plan: given,
    values: { HOOK: receiver.url, CHAT: receiver.url, MAIL: `smtp://127.0.0.1:${mail.port}` },
    backup: undefined,
    now: startMs + seconds * 1000,
    signal: new AbortController().signal,
    diskLeft: 0.5,
    ...more,
  });
}

test("a site that fails is told once, and told again when it is over", async () => {
  const watched = plan();
  expect((await look(0, watched)).probed).toMatchObject([{ probe: "GET /health", ok: true, status: 200 }]);
  status = 500;
  expect((await look(10, watched)).probed).toEqual([]);
  expect((await look(30, watched)).decision.raise).toEqual([]);
  expect(await look(60, watched)).toMatchObject({ decision: { raise: [{ kind: "probe" }] }, told: { sent: 1, failed: 0 } });
  for (const seconds of [90, 120])
    expect(await look(seconds, watched)).toMatchObject({ decision: { raise: [], still: [{}] }, told: { sent: 0 } });
  status = 200;
  expect(await look(180, watched)).toMatchObject({ decision: { resolve: [{}] }, told: { sent: 1 } });
  expect(await look(210, watched)).toMatchObject({ decision: { resolve: [] }, told: { sent: 0 } });
  expect(receiver.received.map(({ body }) => [body.event, body.text])).toEqual([
    ["raised", `🔴 http://todo.example:${bed.http}: GET /health failed 2 times in a row: status 500, expected 200`],
    ["resolved", `🟢 http://todo.example:${bed.http}: over after 2 min: GET /health failed 2 times in a row: status 500, expected 200`],
  ]);
  expect(receiver.received[0]?.headers["idempotency-key"]).toBe(`${receiver.received[0]?.body.alert}-raised`);
  expect(await openAlerts(store, site.id)).toEqual([]);
  expect(await listAlerts(store, { site: site.id, onlyOpen: false, limit: 10 })).toMatchObject([{ resolvedAt: startMs + 180_000 }]);
});

test("chats and mailboxes are told too", async () => {
  const watched = plan({
    alerts: [{ slack: "CHAT" }, { mail: { server: "MAIL", from: "dojang@todo.example", to: ["a@example.org", "b@example.org"] } }],
  });
  expect((await look(0, watched, { diskLeft: 0.01 })).told).toEqual({ sent: 2, failed: 0 });
  expect(receiver.received).toMatchObject([{ body: { text: expect.stringContaining("1 % of the disk is left, 10 % should be") } }]);
  expect(mail.recipients).toEqual(["a@example.org", "b@example.org"]);
  expect(mail.mails[0]).toContain("From: dojang@todo.example");
  expect(mail.mails[0]).toContain("1 % of the disk is left");
});

test("a name and a password in an address are sent as a header and never shown", async () => {
  const values = { HOOK: receiver.url.replace("http://", "http://user:p%40ss@") };
  receiver.status = 401;
  await look(0, plan(), { diskLeft: 0, values });
  expect(receiver.received[0]?.headers.authorization).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
  expect(await failingTargets(store, site.id)).toMatchObject([{ error: "answered 401" }]);
});

test("a target that fails is tried again later, is known by name, and hides its address", async () => {
  const watched = plan();
  receiver.status = 500;
  const down = { diskLeft: 0 };
  expect((await look(0, watched, down)).told).toEqual({ sent: 0, failed: 1 });
  expect(await failingTargets(store, site.id)).toEqual([{ target: "webhook:HOOK", attempts: 1, error: "answered 500", state: "pending" }]);
  expect((await look(5, watched, down)).told).toEqual({ sent: 0, failed: 0 });
  receiver.status = 200;
  expect((await look(15, watched, down)).told).toEqual({ sent: 1, failed: 0 });
  expect(await failingTargets(store, site.id)).toEqual([]);
  expect((await look(60, watched, down)).told).toEqual({ sent: 0, failed: 0 });
});

test.each([
  [{ webhook: "HOOK" }, { HOOK: "http://127.0.0.1:65533/secret" }, "ECONNREFUSED"],
  [{ webhook: "HOOK" }, {}, "the variable HOOK has no value"],
  [{ webhook: "HOOK" }, { HOOK: "secret" }, "the value of HOOK is no address"],
  [{ mail: { server: "MAIL", from: "a@example.org", to: ["b@example.org"] } }, { MAIL: "smtp://user:secret@127.0.0.1:1" }, "ECONNREFUSED"],
  [{ mail: { server: "MAIL", from: "a@example.org", to: ["b@example.org"] } }, { MAIL: "http://secret" }, "no smtp://"],
])("%j that cannot be told says why", async (target, values, reason) => {
  await look(0, plan({ alerts: [target] }), { diskLeft: 0, values: values as Record<string, string> });
  const [failing] = await failingTargets(store, site.id);
  expect(failing?.error).toContain(reason);
  expect(failing?.error).not.toContain("secret");
});

test("after three hours a target is given up, and that stays known", async () => {
  const watched = plan({ probes: [{ http: "GET /health", every: "10h" }] });
  receiver.status = 503;
  for (let seconds = 0; seconds <= 5 * 3600; seconds += 300) await look(seconds, watched, { diskLeft: 0 });
  expect(await failingTargets(store, site.id)).toMatchObject([{ attempts: 9, state: "failed", error: "answered 503" }]);
  expect(receiver.received).toHaveLength(9);
});

test("two watchers at once raise one alert and tell it once", async () => {
  const watched = plan();
  await Promise.all([1, 2, 3].map(() => look(0, watched, { diskLeft: 0 })));
  expect(await openAlerts(store, site.id)).toHaveLength(1);
  await look(1, watched, { diskLeft: 0 });
  expect(receiver.received).toHaveLength(1);
});

test("errors in the log, an old backup and a certificate near its end are alerts", async () => {
  const { decision } = await look(0, plan({ alerts: [] }), {
    accessLog: { traffic: async () => ({ requests: 100, failed: 50, p95Ms: 1 }) },
    backup: { newestAt: undefined },
    site: { ...site, definition: { ...site.definition, tls: { kind: "self-signed" } } },
    edge: {
      probe: (_, request, options) => bed.edge.probe(site, request, options),
      isMaintained: async () => false,
      certificate: async () => ({
        chain: "",
        key: "",
        source: "acme",
        fingerprint: "",
        issuer: "",
        notBefore: 0,
        notAfter: startMs + 3_600_000,
        refusal: undefined,
      }),
    },
  });
  expect(decision.raise.map(({ kind }) => kind)).toEqual(["errors", "certificate", "backup"]);
});

test("during maintenance nobody is alarmed and nothing is counted against the site", async () => {
  const watched = plan();
  await bed.edge.setMaintenance(site.id, true);
  for (const seconds of [0, 30, 60]) expect(await look(seconds, watched)).toMatchObject({ probed: [], decision: { raise: [] } });
  expect((await bed.ask("/.well-known/dojang/status")).body).toContain("being worked on");
  await bed.edge.setMaintenance(site.id, false);
  expect(await probeHours(store, site.id, 0)).toEqual([]);
});

test("everybody reads how the site does, in both languages, without the owner's affairs", async () => {
  const watched = plan({ probes: [{ name: "<b>목록</b>", http: "GET /health", every: "30s" }] });
  for (let hour = 1; hour <= 40; hour++)
    await recordProbe(store, site.id, {
      probe: "<b>목록</b>",
      at: startMs - hour * 3_600_000,
      ok: hour !== 30,
      status: 200,
      durationMs: 1,
      error: undefined,
    });
  status = 500;
  for (const seconds of [0, 30]) await look(seconds, watched, { diskLeft: 0 });
  const korean = await bed.ask("/.well-known/dojang/status", { headers: { "accept-language": "ko" } });
  expect(korean.body).toContain('<html lang="ko">');
  expect(korean.body).toContain("응답하지 않습니다");
  expect(korean.body).toContain("&#60;b&#62;목록&#60;/b&#62;");
  expect(korean.body).not.toContain("<b>목록");
  const english = await bed.ask("/.well-known/dojang/status", { headers: { "accept-language": "en" } });
  expect(english.body).toContain("ongoing");
  expect(english.body).not.toMatch(/disk|status 500/);
  const { body } = await bed.ask("/.well-known/dojang/status.json");
  expect(JSON.parse(body)).toMatchObject({ status: "down", probes: [{ ok: false }] });
  // 24 hours: 24 good ones and the two of now; 7 days: 40 of which one failed, and the two.
  expect(JSON.parse(body).uptime["24h"]).toBeCloseTo(24 / 26, 5);
  expect(JSON.parse(body).uptime["7d"]).toBeCloseTo(39 / 42, 5);
  expect((await readFile(join(bed.home, "edge/sites", site.id, "status/index.ko.html"), "utf8")).match(/<i /g)).toHaveLength(90);
});

test("what is old is forgotten", async () => {
  const result = { probe: "x", ok: true, status: 200, durationMs: 1, error: undefined };
  await recordProbe(store, site.id, { ...result, at: startMs - 100 * 86_400_000 });
  await recordProbe(store, site.id, { ...result, at: startMs - 10 * 86_400_000 });
  await recordProbe(store, site.id, { ...result, at: startMs - 10 * 86_400_000 });
  await retainWatching(store, startMs);
  expect(await probeHours(store, site.id, 0)).toMatchObject([{ total: 1, failed: 0 }]);
  expect(await store.db.selectFrom("probe_result").selectAll().where("site", "=", site.id).execute()).toEqual([]);
});
