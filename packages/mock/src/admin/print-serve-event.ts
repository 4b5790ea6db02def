import { isToldByReport } from "../journal/create-journal.ts";
import type { LoggedResponse, ServeEvent } from "../journal/serve-event.ts";
import { printResponseDefinition, printStubMapping } from "../mapping/print-stub-mapping.ts";
import { decodeText } from "../request/decode-text.ts";
import { printHeaders, printRequest } from "../request/print-request.ts";

/**
 * An entry of the journal as WireMock answers it, with its order of fields. What WireMock has no word for comes last, and only
 * where there is something to tell: that the contract answered, and where request or answer break it.
 */
export function printServeEvent(event: ServeEvent): Readonly<Record<string, unknown>> {
  const wasMatched = isMatched(event);
  return {
    id: event.id,
    request: printRequest(event.request),
    responseDefinition: wasMatched ? event.responseDefinition && printResponseDefinition(event.responseDefinition) : nothingConfigured,
    response: isToldByReport(event) ? emptyNotFound : printResponse(event.response),
    wasMatched,
    timing: event.timing,
    subEvents: event.subEvents,
    stubMapping: wasMatched ? event.stub && printStubMapping(event.stub) : unmatchedStub,
    answeredBy: event.answeredBy === "contract" ? event.answeredBy : undefined,
    violations: event.violations.length > 0 ? event.violations : undefined,
  };
}

export function isMatched({ answeredBy }: ServeEvent): boolean {
  return answeredBy !== "nothing";
}

function printResponse({ status, headers, body, fault }: LoggedResponse): Readonly<Record<string, unknown>> {
  const contentType = headers.find(({ name }) => name.toLowerCase() === "content-type")?.value;
  return {
    status,
    headers: headers.length > 0 ? printHeaders(headers) : undefined,
    bodyAsBase64: body.toString("base64"),
    fault,
    body: decodeText(body, contentType),
  };
}

/** The page that explains the miss is told as a sub-event, and not once more as the answer. */
const emptyNotFound = { status: 404, bodyAsBase64: "", body: "" };

const nothingConfigured = { status: 404, fromConfiguredStub: false };

/** Clients expect a stub with an id even where none matched. */
const unmatchedStub = {
  id: "00000000-0000-0000-0000-000000000000",
  request: { method: "ANY" },
  response: nothingConfigured,
  uuid: "00000000-0000-0000-0000-000000000000",
};
