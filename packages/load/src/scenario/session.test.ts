import { expect, test } from "vitest";
import { createRandom } from "../generator/random.ts";
import type { Answer } from "../http/answer.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { RequestTemplate, Scenario } from "./scenario.ts";
import { createSessions, type Session, type Sessions } from "./session.ts";

const target: LoadTarget = { scheme: "http", host: "api", port: 8000, protocol: "http/1.1" };

function request(url: string, own: Partial<RequestTemplate> = {}): RequestTemplate {
  return { name: `GET ${url}`, method: "GET", url, headers: [], captures: [], checks: [], ...own };
}

function sessionsOf(requests: readonly RequestTemplate[], own: Partial<Scenario> = {}, share = { thread: 0, of: 1 }): Sessions {
  const flows = [{ name: "f", weight: 1, requests }];
  return createSessions({ name: "s", flows, headers: [], variables: {}, data: [], ...own }, { target, share, random: createRandom(1) });
}

function answer(status: number, { body = "", head = [] }: { body?: string; head?: readonly string[] } = {}): Answer {
  const bytes = Buffer.from(body);
  return { status, bodyBytes: bytes.length, headText: [`HTTP/1.1 ${status} X`, ...head].join("\r\n"), body: bytes };
}

/** Answers the next request; gives its bytes and what was wrong. */
function step(session: Session, given: Answer) {
  const next = session.next();
  if (next === undefined) throw new Error("the flow is over");
  const payload = String(next.writer.fixed ?? next.writer.write(session.values, session.cookieHeader()));
  return { name: next.name, line: payload.split("\r\n", 1)[0], payload, error: session.answered(next, given) };
}

test("a session goes through its flow once, with what it captured and the cookies it was given", () => {
  const sessions = sessionsOf([
    request("/login", { captures: [{ as: "id", from: { json: "$.id" } }] }),
    request("/lists/${id}", { name: "read" }),
    request("/bye"),
  ]);
  const session = sessions.begin();
  expect(step(session, answer(200, { body: '{"id":7}', head: ["Set-Cookie: sid=1; Path=/", "Set-Cookie: old=1"] })).error).toBeUndefined();
  const second = step(session, answer(200, { head: ["Set-Cookie: old=; Max-Age=0", "Set-Cookie: lang=ko"] }));
  expect(second).toMatchObject({ name: "read", line: "GET /lists/7 HTTP/1.1" });
  expect(second.payload).toContain("Cookie: sid=1; old=1\r\n");
  expect(session.cookieHeader()).toBe("Cookie: sid=1; lang=ko\r\n");
  step(session, answer(200));
  expect(session.next()).toBeUndefined();
  expect(sessions.begin().cookieHeader()).toBe("");
});

test("an answer from 400 on is an error unless a check of the status allows it", () => {
  const first = (own: Partial<RequestTemplate>, given: Answer) =>
    step(sessionsOf([request("/", own), request("/next")]).begin(), given).error;
  expect(first({}, answer(404))).toBe("status");
  expect(first({}, answer(302))).toBeUndefined();
  expect(first({ checks: [{ kind: "status", oneOf: [404] }] }, answer(404))).toBeUndefined();
  expect(first({ checks: [{ kind: "status", oneOf: [404] }] }, answer(200))).toBe("status");
  expect(first({ checks: [{ kind: "body-contains", text: "ok" }] }, answer(200, { body: "no" }))).toBe("check");
  expect(first({ captures: [{ as: "id", from: { json: "$.id" } }] }, answer(200, { body: "{}" }))).toBe("capture");
});

test("one request that takes nothing from its answers needs no session of its own", () => {
  const sessions = sessionsOf([request("/")]);
  const visitor = sessions.begin();
  expect(sessions.begin()).toBe(visitor);
  expect(visitor.lasts).toBe(false);
  expect(visitor.next()?.keeps).toBe(false);
  expect(step(visitor, answer(200, { head: ["Set-Cookie: sid=1"] })).error).toBeUndefined();
  expect(visitor.cookieHeader()).toBe("");
  expect(visitor.next()).toBeDefined();
});

test("answers are kept only where a capture, a check or a later request needs them", () => {
  const keeps = (own: Partial<RequestTemplate>) =>
    sessionsOf([request("/", own)])
      .begin()
      .next()?.keeps;
  expect(keeps({ checks: [{ kind: "status", oneOf: [200] }] })).toBe(false);
  expect(keeps({ checks: [{ kind: "body-contains", text: "a" }] })).toBe(true);
  expect(keeps({ captures: [{ as: "id", from: { status: true } }] })).toBe(true);
  expect(
    sessionsOf([request("/"), request("/b")])
      .begin()
      .next()?.keeps,
  ).toBe(true);
});

test("threads share rows and counters without a repeat", () => {
  const data = [{ name: "users", columns: ["user"], rows: [["a"], ["b"], ["c"], ["d"]], order: "next" as const }];
  const seen = [0, 1].map((thread) => {
    const sessions = sessionsOf([request("/${user}/${counter}")], { data }, { thread, of: 2 });
    return [1, 2, 3].map(() => step(sessions.begin(), answer(200)).line);
  });
  expect(seen[0]).toEqual(["GET /a/0 HTTP/1.1", "GET /c/2 HTTP/1.1", "GET /a/4 HTTP/1.1"]);
  expect(seen[1]).toEqual(["GET /b/1 HTTP/1.1", "GET /d/3 HTTP/1.1", "GET /b/5 HTTP/1.1"]);
});

test("flows are chosen by weight, and requests of one name count as one", () => {
  const flows = [
    { name: "rare", weight: 1, requests: [request("/rare"), request("/both")] },
    { name: "often", weight: 9, requests: [request("/often"), request("/both")] },
  ];
  const sessions = createSessions(
    { name: "s", flows, headers: [], variables: {}, data: [] },
    { target, share: { thread: 0, of: 1 }, random: createRandom(3) },
  );
  expect(sessions.names).toEqual(["GET /rare", "GET /both", "GET /often"]);
  const often = Array.from({ length: 1000 }, () => sessions.begin().next()?.name).filter((name) => name === "GET /often").length;
  expect(often).toBeGreaterThan(850);
  expect(often).toBeLessThan(950);
});

test("a visitor thinks between both ends of what its request says", () => {
  const session = sessionsOf([request("/", { thinkMs: [100, 200] }), request("/b")]).begin();
  for (let times = 0; times < 50; times++) {
    expect(session.thinkMs()).toBeGreaterThanOrEqual(100);
    expect(session.thinkMs()).toBeLessThanOrEqual(200);
  }
  step(session, answer(200));
  expect(session.thinkMs()).toBe(0);
});
