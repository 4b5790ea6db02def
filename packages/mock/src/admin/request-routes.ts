import type { ServeEvent } from "../journal/serve-event.ts";
import { parseRequestPattern } from "../mapping/parse-request-pattern.ts";
import { compileRequest } from "../matching/compile-request.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { printRequest } from "../request/print-request.ts";
import { type AdminCall, idParameter, queryCount, queryValue, readBody, toUuid } from "./admin-call.ts";
import { AdminRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyAnswer, emptyJsonAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";
import { requireJournal } from "./journal-access.ts";
import { listAnswer, printed } from "./list-answer.ts";
import { readMetadataMatcher } from "./metadata-matcher.ts";
import { isMatched, printServeEvent } from "./print-serve-event.ts";

export const requestRoutes: readonly AdminRoute[] = [
  { method: "GET", path: "/requests", summary: "the journal, newest first; limit, since, unmatched, matchingStub", answer: listRequests },
  { method: "DELETE", path: "/requests", summary: "empties the journal", answer: removeAll },
  // In WireMock's published document, though its server has lost it.
  { method: "POST", path: "/requests/reset", summary: "empties the journal", answer: removeAll },
  { method: "POST", path: "/requests/count", summary: "how many requests match a pattern", answer: countRequests },
  { method: "POST", path: "/requests/find", summary: "requests that match a pattern, oldest first", answer: findRequests },
  { method: "GET", path: "/requests/unmatched", summary: "requests that nothing answered", answer: listUnmatched },
  { method: "GET", path: "/requests/{id}", summary: "one entry of the journal", answer: getRequest },
  { method: "DELETE", path: "/requests/{id}", summary: "removes an entry of the journal", answer: removeRequest },
  { method: "POST", path: "/requests/remove", summary: "removes requests that match a pattern", answer: removeMatching },
  {
    method: "POST",
    path: "/requests/remove-by-metadata",
    summary: "removes requests by the metadata of their stubs",
    answer: removeByMetadata,
  },
];

function listRequests(call: AdminCall): AdminResponse {
  const unmatchedOnly = call.request.query.get("unmatched")?.includes("true") ?? false;
  const stubId = stubParameter(call);
  const events = requireJournal(call.world)
    .all()
    .filter((event) => (!unmatchedOnly || !isMatched(event)) && (stubId === undefined || event.stub?.id === stubId));
  const limit = queryCount(call, "limit") ?? events.length;
  const since = sinceParameter(call);
  const selected = events.filter(({ request }) => since === undefined || request.receivedAt > since).slice(0, limit);
  return listAnswer("requests", printed(selected, printServeEvent), { meta: { total: events.length }, requestJournalDisabled: false });
}

function removeAll({ world }: AdminCall): AdminResponse {
  world.journal.clear();
  return emptyJsonAnswer();
}

function countRequests(call: AdminCall): AdminResponse {
  const { enabled } = call.world.journal;
  const matches = readRequestMatcher(call);
  return jsonAnswer({ count: enabled ? matchingEvents(call, matches).length : -1, requestJournalDisabled: !enabled });
}

function findRequests(call: AdminCall): AdminResponse {
  const matches = readRequestMatcher(call);
  return requestsAnswer(call, [...matchingEvents(call, matches)].reverse());
}

function listUnmatched(call: AdminCall): AdminResponse {
  return requestsAnswer(
    call,
    call.world.journal.all().filter((event) => !isMatched(event)),
  );
}

function getRequest(call: AdminCall): AdminResponse {
  const id = idParameter(call);
  const event = requireJournal(call.world).get(id);
  return event === undefined ? emptyAnswer(404) : jsonAnswer(printServeEvent(event));
}

/** An entry that is not there is removed already. */
function removeRequest(call: AdminCall): AdminResponse {
  call.world.journal.remove(idParameter(call));
  return emptyJsonAnswer();
}

function removeMatching(call: AdminCall): AdminResponse {
  const matches = readRequestMatcher(call);
  return eventsAnswer(requireJournal(call.world).removeWhere(({ request }) => matches(request)));
}

function removeByMetadata(call: AdminCall): AdminResponse {
  const matches = readMetadataMatcher(call);
  return eventsAnswer(requireJournal(call.world).removeWhere(({ stub }) => stub !== undefined && matches(stub.metadata)));
}

export function readRequestMatcher(call: AdminCall): (request: MockRequest) => boolean {
  const matcher = compileRequest(readBody(call, parseRequestPattern));
  return (request) => matcher.matches(request);
}

function matchingEvents({ world }: AdminCall, matches: (request: MockRequest) => boolean): readonly ServeEvent[] {
  return world.journal.all().filter(({ request }) => matches(request));
}

function requestsAnswer({ world }: AdminCall, events: readonly ServeEvent[]): AdminResponse {
  return listAnswer(
    "requests",
    printed(events, ({ request }) => printRequest(request)),
    { requestJournalDisabled: !world.journal.enabled },
  );
}

function eventsAnswer(events: readonly ServeEvent[]): AdminResponse {
  return listAnswer("serveEvents", printed(events, printServeEvent));
}

function stubParameter(call: AdminCall): string | undefined {
  const text = queryValue(call, "matchingStub");
  if (text === undefined) return undefined;
  const id = toUuid(text);
  if (id !== undefined) return id;
  throw new AdminRefusal(400, [{ code: 15, title: `Query parameter matchingStub value '${text}' is not a valid UUID` }]);
}

/** A moment with its zone, as ISO 8601 writes it: `2026-01-31T12:00:00Z`, `…+09:00`, `…+09:00[Asia/Seoul]`. */
function sinceParameter(call: AdminCall): number | undefined {
  const text = queryValue(call, "since");
  if (text === undefined) return undefined;
  // A plus that was not encoded arrives as a space.
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+ -]\d\d:\d\d)(?:\[[^\]]*\])?$/i.exec(text);
  const moment = match === null ? Number.NaN : Date.parse(`${match[1]}${match[2]?.replace(" ", "+")}`);
  if (Number.isFinite(moment)) return moment;
  throw new AdminRefusal(400, [{ code: 10, source: { pointer: "since" }, title: `${text} is not a valid ISO8601 date` }]);
}
