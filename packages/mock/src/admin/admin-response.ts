import type { Header } from "@dojang/model";
import { prettyJson } from "../mapping/pretty-json.ts";
import type { AdminRefusal } from "./admin-refusal.ts";

/** An answer of the admin API. Sent whole; without a body it has no Content-Type. */
export interface AdminResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export function emptyAnswer(status = 200): AdminResponse {
  return { status, headers: [], body: noBytes };
}

export function jsonAnswer(value: unknown, status = 200): AdminResponse {
  return textAnswer({ text: prettyJson(value), contentType: "application/json", status });
}

/** What WireMock answers where there is nothing to tell. */
export function emptyJsonAnswer(): AdminResponse {
  return textAnswer({ text: "{}", contentType: "application/json" });
}

export function textAnswer({ text, contentType, status = 200 }: { text: string; contentType: string; status?: number }): AdminResponse {
  return { status, headers: [{ name: "Content-Type", value: contentType }], body: Buffer.from(text) };
}

export function refusalAnswer({ status, errors }: AdminRefusal): AdminResponse {
  return jsonAnswer({ errors }, status);
}

const noBytes = Buffer.alloc(0);
