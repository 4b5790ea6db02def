import { createHash, timingSafeEqual } from "node:crypto";
import type { MockOptions } from "../contract.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { AdminRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyAnswer, refusalAnswer } from "./admin-response.ts";

/** The answer to a call that may not be made; undefined for one that may. */
export function guardAdmin(options: MockOptions, request: MockRequest): AdminResponse | undefined {
  if (options.adminRequireHttps && request.scheme !== "https") {
    return refusalAnswer(new AdminRefusal(403, [{ code: 40, title: "HTTPS is required for accessing the admin API" }]));
  }
  const { adminBasicAuth } = options;
  if (adminBasicAuth === undefined) return undefined;
  const expected = `Basic ${Buffer.from(`${adminBasicAuth.username}:${adminBasicAuth.password}`).toString("base64")}`;
  return request.header("Authorization").some((given) => isSame(given, expected)) ? undefined : emptyAnswer(401);
}

/** In a time that does not tell how much of it was right. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
