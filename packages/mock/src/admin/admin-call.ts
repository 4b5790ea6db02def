import type { MockWorld } from "../contract.ts";
import { parseJson } from "../json/parse-json.ts";
import type { MappingFinding, Parsed } from "../mapping/mapping-finding.ts";
import { toWireMockErrors } from "../mapping/mapping-finding.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { AdminRefusal } from "./admin-refusal.ts";

/** One call of the admin API, as its handler sees it. */
export interface AdminCall {
  readonly world: MockWorld;
  readonly request: MockRequest;
  /** What the path's template left open: `id`, `name`, `rest` of the path. */
  readonly params: Readonly<Record<string, string>>;
}

/** The body as JSON. Refuses a call without one. */
export function readJsonBody({ request }: AdminCall): unknown {
  if (request.text.trim() === "") throw refuseJson("/", "No content to map due to end-of-input");
  const read = parseJson(request.text);
  if (!read.ok) throw refuseJson(undefined, read.detail);
  return read.value;
}

/** The body, parsed: with every finding in the answer when it is refused. */
export function readBody<T>(call: AdminCall, parse: (value: unknown) => Parsed<T>): T {
  return accepted(parse(readJsonBody(call)));
}

export function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw refuseFindings(parsed.findings);
}

export function refuseFindings(findings: readonly MappingFinding[]): AdminRefusal {
  return new AdminRefusal(422, toWireMockErrors(findings).errors);
}

export function refuseJson(pointer: string | undefined, detail: string): AdminRefusal {
  return new AdminRefusal(422, [{ code: 10, source: { pointer }, title: "Error parsing JSON", detail }]);
}

/** The first value of a query parameter. */
export function queryValue({ request }: AdminCall, name: string): string | undefined {
  return request.query.get(name)?.[0];
}

/** A whole number from 0; undefined when it was not given. */
export function queryCount(call: AdminCall, name: string): number | undefined {
  const text = queryValue(call, name);
  if (text === undefined) return undefined;
  if (/^\+?\d{1,10}$/.test(text)) return Number(text);
  const title = `${name} must be a whole number from 0, got '${text}'`;
  throw new AdminRefusal(400, [{ code: 10, source: { pointer: name }, title }]);
}

/** The UUID in a path, spelt as ids are: lower case, with all its zeros. */
export function idParameter({ params }: AdminCall): string {
  const id = params.id ?? "";
  const uuid = toUuid(id);
  if (uuid === undefined) throw new AdminRefusal(400, [{ code: 10, title: `${id} is not a valid UUID` }]);
  return uuid;
}

/** As Java reads it: groups may be short. */
export function toUuid(text: string): string | undefined {
  const groups = /^([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})$/i.exec(text)?.slice(1);
  if (groups === undefined) return undefined;
  return groups
    .map((group, index) =>
      group
        .toLowerCase()
        .padStart(groupLengths[index] ?? 0, "0")
        .slice(-(groupLengths[index] ?? 0)),
    )
    .join("-");
}

const groupLengths = [8, 4, 4, 4, 12];
