import type { Header } from "@dojang/model";
import type { MockRequest } from "../request/mock-request.ts";
import type { AdminResponse } from "./admin-response.ts";

/** Pages of any origin may use the admin API, credentials and all headers included: what WireMock allows. */
export function corsHeaders(request: MockRequest): readonly Header[] {
  const [origin] = request.header("Origin");
  const vary = { name: "Vary", value: "Origin" };
  if (origin === undefined) return [vary];
  return [vary, { name: "Access-Control-Allow-Origin", value: origin }, { name: "Access-Control-Allow-Credentials", value: "true" }];
}

/** The answer to a browser that asks first; undefined for any other request. Asked before any password. */
export function preflightAnswer(request: MockRequest): AdminResponse | undefined {
  const [method] = request.header("Access-Control-Request-Method");
  if (request.method !== "OPTIONS" || method === undefined || request.header("Origin").length === 0) return undefined;
  if (!allowedMethods.includes(method)) return { status: 200, headers: [{ name: "Vary", value: "Origin" }], body: Buffer.alloc(0) };
  const headers = [
    ...corsHeaders(request),
    { name: "Access-Control-Max-Age", value: "1800" },
    { name: "Access-Control-Allow-Methods", value: allowedMethods.join(",") },
    { name: "Access-Control-Allow-Headers", value: request.header("Access-Control-Request-Headers").join(",").replaceAll(" ", "") },
  ];
  return { status: 200, headers, body: Buffer.alloc(0) };
}

const allowedMethods = ["OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE"];
