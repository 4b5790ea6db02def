import type { StubCase } from "./cases.ts";
import type { Json } from "./json.ts";
import type { WireRequest } from "./wire-request.ts";

/** Takes away from a case whatever it still differs without. Asks at most `budget` times. */
export async function shrink(found: StubCase, differs: (smaller: StubCase) => Promise<boolean>, budget = 250): Promise<StubCase> {
  let smallest = found;
  let left = budget;
  for (let progress = true; progress && left > 0; ) {
    progress = false;
    for (const candidate of smaller(smallest)) {
      if (left <= 0) break;
      left -= 1;
      if (!(await differs(candidate))) continue;
      smallest = candidate;
      progress = true;
      break;
    }
  }
  return smallest;
}

function* smaller({ stubs, requests }: StubCase): Generator<StubCase> {
  for (const fewer of without(requests)) yield { stubs, requests: fewer };
  for (const fewer of without(stubs)) yield { stubs: fewer, requests };
  for (const [index, stub] of stubs.entries()) for (const less of smallerJson(stub)) yield { stubs: stubs.with(index, less), requests };
  for (const [index, request] of requests.entries())
    for (const less of smallerRequest(request)) yield { stubs, requests: requests.with(index, less) };
}

function* without<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length > 1) for (const index of items.keys()) yield items.toSpliced(index, 1);
}

function* smallerJson(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    for (const index of items.keys()) yield items.toSpliced(index, 1);
    for (const [index, item] of items.entries()) for (const less of smallerJson(item)) yield items.with(index, less);
  } else if (typeof value === "object" && value !== null) {
    const members = Object.entries(value);
    for (const index of members.keys()) yield Object.fromEntries(members.toSpliced(index, 1));
    for (const [index, [key, item]] of members.entries())
      for (const less of smallerJson(item)) yield Object.fromEntries(members.with(index, [key, less]));
  } else if (typeof value === "string" && value.length > 8) {
    yield* shorter(value);
  }
}

function* smallerRequest(request: WireRequest): Generator<WireRequest> {
  for (const [index] of (request.headers ?? []).entries()) yield { ...request, headers: request.headers?.toSpliced(index, 1) ?? [] };
  if (request.body !== undefined) {
    const { body: _, ...rest } = request;
    yield rest;
    if (typeof request.body === "string") for (const body of shorter(request.body)) yield { ...request, body };
  }
  const query = request.url.indexOf("?");
  if (query > 0) yield { ...request, url: request.url.slice(0, query) };
}

/** Halves and quarters taken out of a text. */
function* shorter(text: string): Generator<string> {
  for (const parts of [2, 4, 8]) {
    const size = Math.ceil(text.length / parts);
    for (let at = 0; at < text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
  }
}
