import type { BodyRef, Header, OutsideCall, OutsideStub } from "@dojang/model";
import type { PackedBody, PackedOutsideCall, PackedStub } from "./report-sections.ts";

export interface PackOutsideOptions {
  /** Times count from here. */
  readonly origin: number;
  readonly placeOf: (hash: string) => number | null;
}

/** In order of time. */
export function packOutsideCalls(calls: readonly OutsideCall[], { origin, placeOf }: PackOutsideOptions): PackedOutsideCall[] {
  const ordered = calls.toSorted((a, b) => a.startedAt - b.startedAt);
  return ordered.map((call) => [
    call.id,
    call.requestId ?? null,
    call.mock,
    call.method,
    call.url,
    call.status ?? null,
    call.fault ?? null,
    call.answeredBy,
    packStub(call.stub),
    call.declared,
    call.direct,
    call.violations.map(({ side, at, message, rule }) => [side, at, message, rule]),
    call.nearest === undefined ? null : [packStub(call.nearest.stub), call.nearest.differences],
    microseconds(call.startedAt - origin),
    microseconds(call.durationMs),
    microseconds(call.delayMs),
    headers(call.requestHeaders),
    headers(call.responseHeaders),
    packBody(call.requestBody, placeOf),
    packBody(call.responseBody, placeOf),
  ]);
}

export function packBody(ref: BodyRef | undefined, placeOf: (hash: string) => number | null): PackedBody | null {
  return ref === undefined ? null : [placeOf(ref.hash), ref.hash.slice(0, 12), ref.sizeBytes, ref.truncated, ref.contentType ?? null];
}

function packStub(stub: OutsideStub | undefined): PackedStub | null {
  return stub === undefined ? null : [stub.id, stub.name ?? null, stub.file ?? null];
}

function headers(list: readonly Header[]): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}
