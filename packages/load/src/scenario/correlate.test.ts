import { expect, test } from "vitest";
import { correlate } from "./correlate.ts";
import type { Exchange } from "./har.ts";

let clock = 0;

function exchange(line: string, own: Partial<Omit<Exchange, "url" | "method">> = {}): Exchange {
  const [method = "", path = ""] = line.split(" ");
  clock += 10;
  return {
    visit: "v",
    at: clock,
    durationMs: 5,
    method,
    url: new URL(path, "http://api:8000"),
    headers: [],
    body: undefined,
    status: 200,
    responseHeaders: [],
    responseBody: undefined,
    ...own,
  };
}

const made = (...exchanges: Exchange[]) => correlate(exchanges, { leastThinkMs: 500 });

test("an id that an answer gave and a later request carried is captured and sent again", () => {
  const [create, read] = made(
    exchange("POST /lists", { body: '{"title":"a"}', status: 201, responseBody: '{"id":41,"title":"a"}' }),
    exchange("GET /lists/41/items?list=41"),
  );
  expect(create).toMatchObject({
    body: '{"title":"a"}',
    captures: [{ as: "id", from: { json: "$.id" } }],
    checks: [{ kind: "status", oneOf: [201] }],
  });
  expect(read).toMatchObject({ name: "GET /lists/:id/items", url: "/lists/${id}/items?list=${id}", captures: [] });
});

test("tokens go on in headers and bodies, from JSON of any depth and from headers", () => {
  const [, second, third] = made(
    exchange("POST /login", {
      responseBody: '{"data":[{"access_token":"abc.def-123"}]}',
      responseHeaders: [{ name: "X-CSRF-Token", value: "csrf-9876" }],
    }),
    exchange("POST /a", { headers: [{ name: "Authorization", value: "Bearer abc.def-123" }], body: '{"csrf":"csrf-9876"}' }),
    exchange("GET /b", { headers: [{ name: "X-CSRF-Token", value: "csrf-9876" }] }),
  );
  expect(second?.headers).toEqual([{ name: "Authorization", value: "Bearer ${access_token}" }]);
  expect(second?.body).toBe('{"csrf":"${X_CSRF_Token}"}');
  expect(third?.headers).toEqual([{ name: "X-CSRF-Token", value: "${X_CSRF_Token}" }]);
});

test("two answers with one name for their ids get two names", () => {
  const [first, second, third] = made(
    exchange("POST /lists", { responseBody: '{"id":41}' }),
    exchange("POST /items", { responseBody: '{"id":57}' }),
    exchange("GET /lists/41/items/57"),
  );
  expect([first?.captures[0]?.as, second?.captures[0]?.as]).toEqual(["id", "id2"]);
  expect(third?.url).toBe("/lists/${id}/items/${id2}");
});

test("what the visitor said before the server did is said again as it is", () => {
  const [first, second] = made(
    exchange("POST /lists", { body: '{"id":"client-0001"}', responseBody: '{"id":"client-0001"}' }),
    exchange("GET /lists/client-0001"),
  );
  expect(first?.captures).toEqual([]);
  expect(second?.url).toBe("/lists/client-0001");
});

test("words that happen to come again, and parts of longer values, are left alone", () => {
  const [first, second] = made(
    exchange("GET /a", { responseBody: '{"state":"open","count":2024,"id":4}' }),
    exchange("GET /b?state=open&year=2024&list=41"),
  );
  expect(first?.captures).toEqual([]);
  expect(second?.url).toBe("/b?state=open&year=2024&list=41");
});

test("cookies, ids of requests and what belongs to the connection are not sent again", () => {
  const headers = ["Cookie", "Host", "traceparent", "X-Request-Id", "Content-Length", "User-Agent", ":authority"].map((name) => ({
    name,
    value: "x",
  }));
  const [only] = made(exchange("GET /", { headers: [...headers, { name: "Accept", value: "*/*" }] }));
  expect(only?.headers).toEqual([{ name: "Accept", value: "*/*" }]);
});

test("a pause of a person is kept as a range, that of a program is not", () => {
  const [, quick, slow] = made(exchange("GET /a", { at: 0 }), exchange("GET /b", { at: 100 }), exchange("GET /c", { at: 2105 }));
  expect(quick?.thinkMs).toBeUndefined();
  expect(slow?.thinkMs).toEqual([1000, 3000]);
});

test("what looks like a placeholder in what was recorded stays text", () => {
  const [only] = made(exchange("POST /a", { body: "price: ${amount}" }));
  expect(only?.body).toBe("price: $${amount}");
});
