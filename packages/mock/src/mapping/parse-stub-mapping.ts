import { randomUUID } from "node:crypto";
import type { Parsed } from "./mapping-finding.ts";
import { type At, below, isAbsent, MappingReader, shown } from "./mapping-reader.ts";
import { readRequestPattern } from "./parse-request-pattern.ts";
import { readResponseDefinition } from "./parse-response-definition.ts";
import { noParameters, type ResponseDefinition, type ServeEventListenerDefinition, type StubMapping } from "./stub-mapping.ts";
import { withoutUndefined } from "./without-undefined.ts";

export interface ParseStubOptions {
  /** Makes the id of a stub that has none. Default a random UUID. */
  readonly newId?: () => string;
}

/** A stub from JSON as WireMock 3.13 writes and reads it. Everything wrong with it is found at once. */
export function parseStubMapping(value: unknown, options: ParseStubOptions = {}): Parsed<StubMapping> {
  const reader = new MappingReader();
  return reader.result(readStubMapping(value, undefined, reader, options));
}

/**
 * A mapping file: one stub, or `{"mappings": [...]}` with several (other fields beside `mappings` are not looked at, as in
 * WireMock). Also the body of `/__admin/mappings/import`, whose `importOptions` are the admin API's.
 */
export function parseStubMappings(value: unknown, options: ParseStubOptions = {}): Parsed<readonly StubMapping[]> {
  const reader = new MappingReader();
  const file =
    typeof value === "object" && value !== null && Object.hasOwn(value, "mappings") ? reader.object(value, undefined, "") : undefined;
  if (file === undefined) {
    const stub = readStubMapping(value, undefined, reader, options);
    return reader.result(stub && [stub]);
  }
  const here = below(undefined, "mappings");
  const list = reader.array(file.mappings ?? [], here, "`mappings`");
  return reader.result(list?.flatMap((each, index) => readStubMapping(each, below(here, index), reader, options) ?? []));
}

function readStubMapping(value: unknown, at: At | undefined, reader: MappingReader, options: ParseStubOptions): StubMapping | undefined {
  const fields = reader.object(value, at, "a stub");
  if (fields === undefined) {
    return isAbsent(value)
      ? reader.error(at, "wrong-type", "a stub must be an object, got null", "write {} for one that matches all")
      : undefined;
  }
  reader.onlyKnown(fields, at, knownFields, "a stub");
  const field = (name: string) => below(at, name);
  const request = readRequestPattern(fields.request, field("request"), reader);
  const responses = readResponses(fields, at, reader);
  const response = responses?.[0] ?? readResponseDefinition(fields.response, field("response"), reader);
  reader.integer(fields.insertionIndex, field("insertionIndex"), { min: 0, max: Number.MAX_SAFE_INTEGER });
  const optional = withoutUndefined({
    name: reader.text(fields.name, field("name")),
    responses,
    afterLast: readAfterLast(fields, at, reader),
    persistent: reader.flag(fields.persistent, field("persistent")),
    priority: reader.integer(fields.priority, field("priority")),
    ...readScenario(fields, at, reader),
    serveEventListeners: readListeners(fields, at, reader),
    metadata: isAbsent(fields.metadata) ? undefined : reader.jsonObject(fields.metadata, field("metadata")),
  });
  const id = readId(fields, at, reader) ?? (options.newId ?? randomUUID)();
  return request && response && { id, request, response, ...optional };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `id` and `uuid` are the same; the later one counts. */
function readId(fields: Readonly<Record<string, unknown>>, at: At | undefined, reader: MappingReader): string | undefined {
  let id: string | undefined;
  for (const name of Object.keys(fields)) {
    if (name !== "id" && name !== "uuid") continue;
    const text = reader.text(fields[name], below(at, name));
    if (text === undefined || text === "") continue;
    if (uuid.test(text)) id = text.toLowerCase();
    else
      reader.error(below(at, name), "bad-value", `\`${name}\` must be a UUID, got ${shown(text)}`, "write 36 characters, or leave it out");
  }
  return id;
}

function readScenario(fields: Readonly<Record<string, unknown>>, at: At | undefined, reader: MappingReader) {
  const names = ["scenarioName", "requiredScenarioState", "newScenarioState"] as const;
  const [scenarioName, requiredScenarioState, newScenarioState] = names.map((name) => reader.text(fields[name], below(at, name)));
  if (scenarioName === undefined && (requiredScenarioState !== undefined || newScenarioState !== undefined)) {
    const name = requiredScenarioState === undefined ? "newScenarioState" : "requiredScenarioState";
    reader.warn(below(at, name), "ignored-field", `\`${name}\` is ignored without \`scenarioName\``, "name the scenario");
  }
  return { scenarioName, requiredScenarioState, newScenarioState };
}

const maxResponses = 1000;

function readResponses(
  fields: Readonly<Record<string, unknown>>,
  at: At | undefined,
  reader: MappingReader,
): readonly ResponseDefinition[] | undefined {
  const here = below(at, "responses");
  const list = reader.array(fields.responses, here, "`responses`");
  if (list === undefined) return undefined;
  if (!isAbsent(fields.response)) {
    reader.error(here, "bad-value", "`response` and `responses` are both given", "keep `responses` for a sequence, else `response`");
  }
  if (list.length === 0 || list.length > maxResponses) {
    const message = `\`responses\` needs 1 to ${maxResponses} responses, got ${list.length}`;
    return reader.error(here, "bad-value", message, "list what is answered first, second, third");
  }
  return list.flatMap((each, index) => readResponseDefinition(each, below(here, index), reader) ?? []);
}

function readAfterLast(fields: Readonly<Record<string, unknown>>, at: At | undefined, reader: MappingReader) {
  const here = below(at, "afterLast");
  const afterLast = reader.oneOf(fields.afterLast, here, ["last", "first", "unmatched"]);
  if (afterLast !== undefined && isAbsent(fields.responses)) {
    reader.error(here, "bad-value", "`afterLast` has no meaning without `responses`", "add `responses`, or leave it out");
  }
  return afterLast;
}

const phases = ["BEFORE_MATCH", "AFTER_MATCH", "BEFORE_RESPONSE_SENT", "AFTER_COMPLETE"] as const;

function readListeners(
  fields: Readonly<Record<string, unknown>>,
  at: At | undefined,
  reader: MappingReader,
): readonly ServeEventListenerDefinition[] | undefined {
  const actionsAt: At = { ...below(at, "postServeActions"), unit: true };
  const listenersAt: At = { ...below(at, "serveEventListeners"), unit: true };
  const actions = listOfActions(fields.postServeActions, actionsAt, reader)?.flatMap((each, index) => {
    const listener = readListener(each, below(actionsAt, index), reader, new Set(["name", "parameters"]));
    return listener ? [{ ...listener, postServeAction: true as const }] : [];
  });
  const listeners = reader
    .array(fields.serveEventListeners, listenersAt, "`serveEventListeners`")
    ?.flatMap(
      (each, index) => readListener(each, below(listenersAt, index), reader, new Set(["name", "requestPhases", "parameters"])) ?? [],
    );
  const all = [...(actions ?? []), ...(listeners ?? [])];
  return all.length === 0 ? undefined : all;
}

/** The old form is a map of names to parameters. */
function listOfActions(value: unknown, at: At, reader: MappingReader): readonly unknown[] | undefined {
  if (isAbsent(value) || Array.isArray(value)) return value ?? undefined;
  const map = reader.object(value, at, "`postServeActions`");
  return map && Object.entries(map).map(([name, parameters]) => ({ name, parameters }));
}

function readListener(value: unknown, at: At, reader: MappingReader, known: ReadonlySet<string>): ServeEventListenerDefinition | undefined {
  const fields = reader.object(value ?? "null", at, "a listener");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, known, "a listener");
  const name = reader.text(fields.name, below(at, "name"));
  const phasesAt = below(at, "requestPhases");
  const requestPhases = reader
    .array(fields.requestPhases, phasesAt, "`requestPhases`")
    ?.flatMap((each, index) => reader.oneOf(each, below(phasesAt, index), phases) ?? []);
  const parameters = isAbsent(fields.parameters) ? noParameters : reader.jsonObject(fields.parameters, below(at, "parameters"));
  if (name === undefined)
    return reader.error(at, "bad-value", "a listener needs a name", 'name it: {"name": "webhook", "parameters": {…}}');
  return parameters && { name, ...(requestPhases && { requestPhases: [...new Set(requestPhases)] }), parameters };
}

const knownFields: ReadonlySet<string> = new Set([
  "id",
  "uuid",
  "name",
  "request",
  "response",
  "responses",
  "afterLast",
  "persistent",
  "priority",
  "scenarioName",
  "requiredScenarioState",
  "newScenarioState",
  "postServeActions",
  "serveEventListeners",
  "metadata",
  // Read by WireMock and of no meaning.
  "insertionIndex",
  "$schema",
  "dirty",
]);
