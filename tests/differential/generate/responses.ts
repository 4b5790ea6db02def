import type { Json, JsonObject } from "../json.ts";
import { jsonValue } from "./json-values.ts";
import type { Random } from "./random.ts";
import { template } from "./templates.ts";

const statuses = [200, 200, 201, 204, 302, 304, 400, 401, 404, 418, 500, 503, 599, 205, 206];
const headerValues: readonly Json[] = ["text/plain", "application/json", ["a", "b"], "", "x, y", "ü", ["one"], [], "{{request.method}}"];
const headerNames = [
  "Content-Type",
  "X-One",
  "x-lower",
  "Set-Cookie",
  "Location",
  "Cache-Control",
  "Content-Length",
  "Transfer-Encoding",
  "ETag",
];

/** A response definition over the whole schema, without what makes tests slow. */
export function response(random: Random): JsonObject {
  const templated = random.once(3);
  return {
    ...random.maybe(2, () => ({ status: random.oneOf(statuses) })),
    ...random.maybe(6, () => ({ statusMessage: random.oneOf(["Fine", "", "two words", "ü"]) })),
    ...random.maybe(2, () => ({ headers: headers(random, templated) })),
    ...body(random, templated),
    ...(templated ? { transformers: ["response-template"] } : {}),
    ...random.maybe(5, () => ({ transformerParameters: { name: "abc", n: jsonValue(random, 1) } })),
    ...random.maybe(25, () => ({ fixedDelayMilliseconds: random.upTo(5) })),
    ...random.maybe(25, () => ({ delayDistribution: { type: "uniform", lower: 0, upper: 3 } })),
    ...random.maybe(25, () => ({ delayDistribution: { type: "lognormal", median: 1, sigma: 0.1, maxValue: 3 } })),
    ...random.maybe(15, () => ({ chunkedDribbleDelay: { numberOfChunks: 1 + random.upTo(3), totalDuration: 3 } })),
    ...random.maybe(20, () => ({ fault: random.oneOf(["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK"]) })),
    ...random.maybe(12, () => ({ fromConfiguredStub: true })),
  };
}

function headers(random: Random, templated: boolean): JsonObject {
  return Object.fromEntries(
    random.some(1 + random.upTo(3), () => {
      const name = random.oneOf(headerNames);
      if (name === "Content-Length") return ["X-Length", "3"] as const;
      if (name === "Transfer-Encoding") return ["X-Coding", "chunked"] as const;
      const value = templated && random.once(3) ? template(random).replaceAll(/[\r\n]/g, " ") : random.oneOf(headerValues);
      return [name, value] as const;
    }),
  );
}

function body(random: Random, templated: boolean): JsonObject {
  const kind = random.upTo(8);
  if (kind === 0) return {};
  if (kind <= 3) return { body: templated ? template(random) : random.oneOf(["", "text", "ü😀", '{"a":1}', "a\r\nb", "x".repeat(300)]) };
  if (kind === 4) return { base64Body: Buffer.from(random.oneOf(["", "bytes", "\u0000\u0001ü"])).toString("base64") };
  if (kind === 5) return { bodyFileName: random.oneOf(["absent.txt", "../outside.txt"]) };
  const value = jsonValue(random);
  return { jsonBody: templated && random.once(2) ? { value, text: template(random) } : value };
}
