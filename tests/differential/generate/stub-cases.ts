import type { StubCase } from "../cases.ts";
import type { Json } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";
import type { Random } from "./random.ts";
import { requestPattern } from "./request-patterns.ts";
import { response } from "./responses.ts";
import { template } from "./templates.ts";
import { bodyPattern } from "./value-patterns.ts";

/** One generated case: a single body matcher, a whole request pattern, a response, a template, or several stubs with states. */
export function generateCase(random: Random): StubCase {
  const kind = random.upTo(10);
  if (kind <= 3) return bodyCase(random);
  if (kind <= 6) return requestCase(random);
  if (kind <= 7) return responseCase(random);
  if (kind <= 8) return templateCase(random);
  return scenarioCase(random);
}

function bodyCase(random: Random): StubCase {
  const { pattern, values } = bodyPattern(random);
  return {
    stubs: [{ request: { method: "POST", url: "/body", bodyPatterns: [pattern] }, response: { status: 200 } }],
    requests: values.map((body) => ({ method: "POST", url: "/body", body })),
  };
}

function requestCase(random: Random): StubCase {
  const { pattern, requests } = requestPattern(random);
  return { stubs: [{ request: pattern, response: { status: 200 }, ...random.maybe(6, () => ({ name: "a stub" })) }], requests };
}

function responseCase(random: Random): StubCase {
  return { stubs: [{ request: { urlPattern: ".*" }, response: response(random) }], requests: plainRequests(random, 2) };
}

function templateCase(random: Random): StubCase {
  const stub: Json = {
    request: random.once(3) ? { urlPathTemplate: "/things/{id}" } : { urlPattern: ".*" },
    response: {
      status: 200,
      body: template(random),
      transformers: ["response-template"],
      ...random.maybe(3, () => ({ transformerParameters: { name: "abc", n: [1, { a: "x" }] } })),
    },
  };
  return { stubs: [stub], requests: plainRequests(random, 2) };
}

function scenarioCase(random: Random): StubCase {
  const states = ["Started", "one", "two"];
  const stub = (): Json => ({
    request: { url: random.oneOf(["/a", "/b"]), method: "GET" },
    response: { status: 200, body: random.oneOf(["1", "2", "3"]) },
    ...random.maybe(2, () => ({ priority: 1 + random.upTo(6) })),
    ...(random.once(2)
      ? {
          scenarioName: random.oneOf(["s", "t"]),
          ...random.maybe(2, () => ({ requiredScenarioState: random.oneOf(states) })),
          ...random.maybe(2, () => ({ newScenarioState: random.oneOf(states) })),
        }
      : {}),
  });
  return {
    stubs: random.some(2 + random.upTo(4), stub),
    requests: random.some(5, () => ({ method: "GET", url: random.oneOf(["/a", "/b"]) })),
  };
}

function plainRequests(random: Random, count: number): readonly WireRequest[] {
  return random.some(count, () => ({
    method: random.oneOf(["GET", "POST", "HEAD", "PUT"]),
    url: random.oneOf(["/", "/things/1?a=1&a=2", "/things/x%20y?a=b+c", "/a/b/c"]),
    headers: [
      ["X-One", random.oneOf(["one", "two words"])],
      ...(random.once(3) ? [["X-One", "again"] as const] : []),
      ...(random.once(3) ? [["Cookie", "session=abc; other=1"] as const] : []),
      ...(random.once(4) ? [["Accept-Encoding", "gzip"] as const] : []),
    ],
    ...(random.once(2) ? { body: random.oneOf(['{"a":{"b":1}}', '<root id="1"><a>x</a></root>', "field=a+b&field=c", "text"]) } : {}),
  }));
}
