import { parseRequestPattern } from "../mapping/parse-request-pattern.ts";
import { printRequestPattern, printStubMapping } from "../mapping/print-stub-mapping.ts";
import type { JsonObject } from "../mapping/stub-mapping.ts";
import { type NearMiss, nearestRequests, nearestStubs } from "../matching/near-misses.ts";
import { exampleRequest } from "../request/example-request.ts";
import { printRequest } from "../request/print-request.ts";
import { type AdminCall, readBody, readJsonBody, refuseJson } from "./admin-call.ts";
import { type AdminResponse, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";
import { requireJournal } from "./journal-access.ts";
import { isMatched } from "./print-serve-event.ts";

export const nearMissRoutes: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/requests/unmatched/near-misses",
    summary: "the stubs nearest to each request that nothing answered",
    answer: ofUnmatched,
  },
  { method: "POST", path: "/near-misses/request", summary: "the stubs nearest to a request", answer: ofRequest },
  { method: "POST", path: "/near-misses/request-pattern", summary: "the requests nearest to a pattern", answer: ofPattern },
];

function ofUnmatched({ world }: AdminCall): AdminResponse {
  const stubs = world.stubs.prepared();
  const unmatched = requireJournal(world)
    .all()
    .filter((event) => !isMatched(event))
    .slice(0, maxUnmatched);
  return nearMissesAnswer(unmatched.flatMap(({ request }) => nearestStubs(request, stubs)));
}

function ofRequest(call: AdminCall): AdminResponse {
  const body = readJsonBody(call);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw refuseJson("/", 'a request must be an object; write {"method": "GET", "url": "/things"}');
  }
  const nearMisses = nearestStubs(exampleRequest(body), call.world.stubs.prepared()).map(printNearMiss);
  const given = new Set(Object.keys(body));
  return jsonAnswer({ nearMisses: nearMisses.map(({ request, ...rest }) => ({ request: asGiven(request, given), ...rest })) });
}

/** What the caller left out is left out of the answer too. */
function asGiven(request: JsonObject, given: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(request).filter(([name]) => (madeFrom[name] ?? [name]).some((source) => given.has(source))));
}

/** Fields that are there because of others. */
const madeFrom: Readonly<Record<string, readonly string[] | undefined>> = {
  body: ["body", "bodyAsBase64"],
  bodyAsBase64: ["body", "bodyAsBase64"],
  loggedDateString: ["loggedDate"],
  scheme: ["absoluteUrl"],
  host: ["absoluteUrl"],
  port: ["absoluteUrl"],
  queryParams: ["url", "absoluteUrl"],
  formParams: ["url", "absoluteUrl"],
  browserProxyRequest: ["url", "absoluteUrl"],
};

function ofPattern(call: AdminCall): AdminResponse {
  const pattern = readBody(call, parseRequestPattern);
  const requests = requireJournal(call.world)
    .all()
    .map(({ request }) => request);
  return nearMissesAnswer(nearestRequests(pattern, requests));
}

function nearMissesAnswer(nearMisses: readonly NearMiss[]): AdminResponse {
  return jsonAnswer({ nearMisses: nearMisses.map(printNearMiss) });
}

function printNearMiss({ request, stub, pattern, distance }: NearMiss) {
  return {
    request: printRequest(request),
    stubMapping: stub && printStubMapping(stub),
    requestPattern: pattern && printRequestPattern(pattern),
    matchResult: { subEvents: [], diffDescriptions: [], distance },
  };
}

/** Each of them is compared with every stub. */
const maxUnmatched = 1000;
