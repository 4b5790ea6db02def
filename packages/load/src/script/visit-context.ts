import { parseDurationMs } from "@dojang/model";
import type { CookieJar } from "../scenario/cookie-jar.ts";
import { randomText, randomUuid } from "../scenario/template.ts";
import type { VisitAnswer, VisitContext, VisitHttp, VisitRandom, VisitRequest } from "./visit.ts";

export interface ContextParts {
  readonly number: number;
  readonly cookies: CookieJar;
  readonly random: () => number;
  readonly data: VisitContext["data"];
  readonly variables: VisitContext["variables"];
  readonly signal: AbortSignal;
  readonly request: (method: string, path: string, options: VisitRequest) => Promise<VisitAnswer>;
  readonly check: (name: string, holds: boolean) => void;
  /** Resolves after so many ms; never when the run is over before. */
  readonly wait: (ms: number) => Promise<void>;
}

/** What a script is given, made of what the traffic can do. */
export function createVisitContext(parts: ContextParts): VisitContext {
  const { number, cookies, random, data, variables, signal } = parts;
  return {
    http: createHttp(parts.request),
    session: { number, cookies: { get: cookies.get, set: cookies.set, clear: cookies.clear } },
    check(name, holds) {
      if (typeof name !== "string" || name === "") throw new TypeError("a check needs a name, then what must hold");
      parts.check(name, Boolean(holds));
      return Boolean(holds);
    },
    think: (time) => parts.wait(thinkMs(time, random)),
    data,
    variables,
    random: createVisitRandom(random),
    signal,
  };
}

function createHttp(request: ContextParts["request"]): VisitHttp {
  const by =
    (method: string) =>
    (path: string, options: VisitRequest = {}): Promise<VisitAnswer> =>
      request(method, path, options);
  return {
    get: by("GET"),
    post: by("POST"),
    put: by("PUT"),
    patch: by("PATCH"),
    delete: by("DELETE"),
    head: by("HEAD"),
    request: (method, path, options = {}) => request(method, path, options),
  };
}

function createVisitRandom(random: () => number): VisitRandom {
  return {
    number: random,
    int(from, to) {
      if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && to >= from))
        throw new RangeError(`random.int needs two whole numbers, the smaller first, got ${from} and ${to}`);
      return from + Math.floor(random() * (to - from + 1));
    },
    text(length) {
      if (!(Number.isInteger(length) && length >= 0 && length <= 10_000))
        throw new RangeError(`random.text needs a length from 0 to 10000, got ${length}`);
      return randomText(random, length);
    },
    uuid: () => randomUuid({ random }),
    pick(items) {
      if (items.length === 0) throw new RangeError("random.pick needs at least one item");
      // Below the length by the line before.
      return items[Math.floor(random() * items.length)]!;
    },
  };
}

function thinkMs(time: number | string, random: () => number): number {
  const [from, to = from] =
    typeof time === "number"
      ? [time]
      : String(time)
          .split("-")
          .map((part) => parseDurationMs(part.trim()));
  if (from === undefined || to === undefined || !(from >= 0) || !(to >= from))
    throw new TypeError(`think needs milliseconds, "500ms" or "1s-3s", got ${JSON.stringify(time)}`);
  return from + (to - from) * random();
}
