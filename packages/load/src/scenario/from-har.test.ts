import { expect, test } from "vitest";
import { parse } from "yaml";
import { scenarioFromHar } from "./from-har.ts";
import { scenarioSchema } from "./scenario-schema.ts";

interface Entry {
  readonly page?: string;
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status?: number;
  readonly answer?: unknown;
  readonly pauseMs?: number;
}

function har(entries: readonly Entry[], origin = "http://api:8000"): string {
  let at = 1_700_000_000_000;
  const pairs = (record: Readonly<Record<string, string>> = {}) => Object.entries(record).map(([name, value]) => ({ name, value }));
  return JSON.stringify({
    log: {
      pages: [...new Set(entries.map((entry) => entry.page ?? "one"))].map((id) => ({ id, title: id })),
      entries: entries.map(({ page = "one", request, headers, body, status = 200, answer, pauseMs = 0 }) => {
        at += 10 + pauseMs;
        const [method, path] = request.split(" ");
        return {
          pageref: page,
          startedDateTime: new Date(at).toISOString(),
          time: 10,
          request: {
            method,
            url: `${origin}${path}`,
            headers: pairs(headers),
            ...(body === undefined ? {} : { postData: { text: JSON.stringify(body) } }),
          },
          response: { status, headers: [], content: { text: JSON.stringify(answer) } },
        };
      }),
    },
  });
}

const id = "7f0f6c1e-62e1-4f2c-9f0d-0d7f3a1d2c11";
const visit: readonly Entry[] = [
  {
    request: "POST /accounts",
    body: { email: "ann@example.com" },
    status: 201,
    answer: { token: "eyJ.abc123.def", plan: "open" },
    headers: { Host: "api", Cookie: "a=b", "Content-Type": "application/json" },
  },
  {
    request: "POST /lists",
    headers: { Authorization: "Bearer eyJ.abc123.def" },
    body: { title: "open" },
    status: 201,
    answer: { id, items: [{ id: 41 }] },
  },
  { request: `GET /lists/${id}?with=41`, headers: { Authorization: "Bearer eyJ.abc123.def" }, answer: { id }, pauseMs: 2000 },
  { request: `PATCH /lists/${id}/items/41`, body: { list: id, done: true } },
];

test("ids and tokens that answers gave are captured, and later requests carry them as placeholders", () => {
  const written = parse(scenarioFromHar("x.har", har(visit)));
  expect(written.target).toBe("http://api:8000");
  expect(written.flows[0].requests).toMatchObject([
    { request: "POST /accounts", capture: { token: "$.token" }, expect: { status: 201 } },
    { request: "POST /lists", headers: { Authorization: "Bearer ${token}" }, capture: { id: "$.id", id2: "$.items[0].id" } },
    { request: "GET /lists/${id}?with=${id2}", name: "GET /lists/:id", think: "1000ms-3000ms" },
    { request: "PATCH /lists/${id}/items/${id2}", body: '{"list":"${id}","done":true}' },
  ]);
  expect(written.flows[0].requests[0].headers).toEqual({ "Content-Type": "application/json" });
});

test("words that come again are no ids, and what the visitor said first stays as it was said", () => {
  const [, lists] = parse(scenarioFromHar("x.har", har(visit))).flows[0].requests;
  expect(lists.body).toBe('{"title":"open"}');
  const echoed = [{ request: "POST /x", body: { key: "mine-12345" }, answer: { key: "mine-12345" } }, { request: "GET /x/mine-12345" }];
  expect(parse(scenarioFromHar("x.har", har(echoed))).flows[0].requests[1].request).toBe("GET /x/mine-12345");
});

test("what is written is a scenario that can be read", () => {
  expect(scenarioSchema.safeParse(parse(scenarioFromHar("x.har", har(visit)))).error).toBeUndefined();
});

test("equal visits are one flow with their number as weight, others flows of their own", () => {
  const entries = ["a", "b", "c"].flatMap((page) => visit.map((entry) => ({ ...entry, page })));
  const written = parse(scenarioFromHar("x.har", har([...entries, { page: "d", request: "GET /health" }])));
  expect(written.flows.map((flow: { name: string; weight: number }) => [flow.name, flow.weight])).toEqual([
    ["a", 3],
    ["d", 1],
  ]);
});

test("a dollar and a brace in recorded text are no placeholder", () => {
  const written = parse(scenarioFromHar("x.har", har([{ request: "POST /x", body: { text: "${HOME}" } }])));
  expect(written.flows[0].requests[0].body).toBe('{"text":"$${HOME}"}');
});

test("an archive that is none, or has nothing of that host, is refused with what there is", () => {
  expect(() => scenarioFromHar("x.har", "{")).toThrow(/x\.har is no HTTP archive/);
  expect(() => scenarioFromHar("x.har", '{"log":{}}')).toThrow(/log\.entries/);
  expect(() => scenarioFromHar("x.har", har(visit), { host: "web:3000" })).toThrow(/has no exchange with web:3000/);
});
