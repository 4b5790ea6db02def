import type { MockWorld } from "../contract.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { AdminResponse } from "./admin-response.ts";

/** Whether a request is for the admin API and never for stubs. Asked only while `options.admin` is not false. */
export function isAdminPath(path: string): boolean {
  return path === "/__admin" || path.startsWith("/__admin/");
}

/** Answers one request to the admin API. Never rejects: what goes wrong becomes an answer. */
export async function handleAdmin(_world: MockWorld, _request: MockRequest): Promise<AdminResponse> {
  return { status: 404, headers: [], body: Buffer.alloc(0) };
}
